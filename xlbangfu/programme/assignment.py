"""The best assignment of rows to columns, exact and with one answer only.

Shortest augmenting paths with potentials (the Hungarian method) over exact integers, then a pass over the
tight edges of the dual solution that picks, among all optima, the one with the smallest column indices.
Written here because importing scipy costs a teacher half a second per click.
Source: spec §4.5.
"""

from __future__ import annotations

from collections.abc import Sequence

_Edges = list[tuple[int, int]]


def best_assignment(scores: Sequence[Sequence[int | None]]) -> list[int | None]:
    """Column of each row in the one best assignment; None for a row that stays unassigned.

    scores: one sequence per row, all of one length; integer score of row and column, None = forbidden.
    Each column is used at most once. In this order: most rows assigned, largest total score, and among
    equals the lexicographically smallest vector of columns, where unassigned counts as +infinity.
    Raises ValueError when the rows differ in length.
    Source: spec §4.5.

    >>> best_assignment([[5, 9], [None, 8]])
    [0, 1]
    >>> best_assignment([[1, 1], [1, 1], [1, 1]])
    [0, 1, None]
    """
    if not scores:
        return []
    width = len(scores[0])
    if any(len(row) != width for row in scores):
        raise ValueError("all rows of scores must have the same length")
    known = [score for row in scores for score in row if score is not None]
    if not known:
        return [None] * len(scores)
    top = max(known)
    unassigned = len(scores) * (top - min(known)) + 1  # dearer than any total of real costs can save
    edges: list[_Edges] = [
        [(column, top - score) for column, score in enumerate(row) if score is not None] for row in scores
    ]
    return _Matching(edges, width, unassigned).solve()


class _Matching:
    """Rows matched at least cost; staying unassigned is a private column of the row at a fixed cost."""

    def __init__(self, edges: list[_Edges], width: int, unassigned: int) -> None:
        self.edges = edges
        self.width = width
        self.unassigned = unassigned
        self.row_price = [0] * len(edges)
        self.column_price = [0] * width  # never positive; below zero only on columns that must be used
        self.row_of: list[int | None] = [None] * width
        self.column_of: list[int | None] = [None] * len(edges)

    def solve(self) -> list[int | None]:
        for row in range(len(self.edges)):
            self._augment(row)
        self._prefer_small_columns()
        return self.column_of

    def _augment(self, start: int) -> None:
        """Give `start` its place along the shortest augmenting path, and keep the prices feasible."""
        column_price, row_of = self.column_price, self.row_of
        far = 2 * self.unassigned + 2  # a path is never longer than leaving `start` unassigned
        distance = [far] * self.width
        came_from = [-1] * self.width
        frontier: set[int] = set()
        closed: list[tuple[int, int]] = []
        row, travelled = start, 0
        rows = [(start, 0)]
        exit_row, exit_at = start, far
        while True:
            base = travelled - self.row_price[row]
            if base + self.unassigned < exit_at:
                exit_row, exit_at = row, base + self.unassigned
            for column, cost in self.edges[row]:
                reached = base + cost - column_price[column]
                if reached < distance[column]:
                    distance[column] = reached
                    came_from[column] = row
                    frontier.add(column)
            nearest = min(frontier, key=distance.__getitem__, default=None)
            if nearest is None or distance[nearest] >= exit_at:
                end, last_row, total = None, exit_row, exit_at
                break
            frontier.remove(nearest)
            travelled = distance[nearest]
            holder = row_of[nearest]
            if holder is None:
                end, last_row, total = nearest, came_from[nearest], travelled
                break
            closed.append((nearest, travelled))
            rows.append((holder, travelled))
            row = holder
        for visited, at in rows:
            self.row_price[visited] += total - at
        for column, at in closed:
            column_price[column] -= total - at
        self._flip(start, last_row, end, came_from)

    def _flip(self, start: int, row: int, column: int | None, came_from: list[int]) -> None:
        """Move every row on the path to `column` one column on; `row` is the last row of the path."""
        while True:
            freed = self.column_of[row]
            self.column_of[row] = column
            if column is not None:
                self.row_of[column] = row
            if row == start or freed is None:
                return
            column, row = freed, came_from[freed]

    def _prefer_small_columns(self) -> None:
        """Among all optimal assignments take the lexicographically smallest.

        Optimal assignments are exactly those that use tight edges only and every column with a price
        below zero, so walking the tight edges decides exactly which choices a row still has.
        """
        tight = [
            [column for column, cost in edges if cost == price + self.column_price[column]]
            for edges, price in zip(self.edges, self.row_price, strict=True)
        ]
        rows_into: list[list[int]] = [[] for _ in range(self.width)]
        for row, columns in enumerate(tight):
            for column in columns:
                rows_into[column].append(row)
        for row, columns in enumerate(tight):
            current = self.column_of[row]
            smaller = [column for column in columns if current is None or column < current]
            if smaller:
                self._take_smallest(row, smaller, rows_into)

    def _take_smallest(self, row: int, smaller: list[int], rows_into: list[list[int]]) -> None:
        """Give `row` the first of the columns `smaller` that some optimum allows; earlier rows stay.

        A column allows it iff the rows it pushes on can be pushed until the column that `row` gives up is
        filled again.
        """
        given_up = self.column_of[row]
        goal = self.width if given_up is None else given_up
        onward = self._leading_to(goal, row, rows_into)
        choice = next((column for column in smaller if column in onward), None)
        if choice is None:
            return
        moves: list[tuple[int, int | None]] = [(row, choice)]
        node = choice
        while node != goal:
            mover, node = onward[node]
            if mover is not None:
                moves.append((mover, None if node == self.width else node))
        for mover, _ in moves:
            left = self.column_of[mover]
            if left is not None:
                self.row_of[left] = None
        for mover, column in moves:
            self.column_of[mover] = column
            if column is not None:
                self.row_of[column] = mover

    def _leading_to(self, goal: int, settled: int, rows_into: list[list[int]]) -> dict[int, tuple[int | None, int]]:
        """Nodes from which `goal` can be reached, each with the row that moves and the node it moves to.

        Nodes are the columns, and the pool (index `width`) of places that may stay unused: columns with
        price zero, and being unassigned where that costs no more. An edge a → b means that the row at a can
        move to b. A free column leads to the pool, and the pool to every place that may be left unused,
        without a row moving. Rows up to and including `settled` do not move.
        """
        pool = self.width
        onward: dict[int, tuple[int | None, int]] = {}
        seen = {goal}
        queue = [goal]
        for node in queue:
            if node == pool:
                steps = self._into_pool(settled)
            else:
                steps = self._into_column(node, settled, rows_into[node])
            for before, mover in steps:
                if before not in seen:
                    seen.add(before)
                    onward[before] = (mover, node)
                    queue.append(before)
        return onward

    def _into_pool(self, settled: int) -> list[tuple[int, int | None]]:
        """(node, row that moves): free columns, and columns whose row may be left unassigned."""
        free: list[tuple[int, int | None]] = [(column, None) for column, row in enumerate(self.row_of) if row is None]
        leaving: list[tuple[int, int | None]] = [
            (column, row)
            for row, column in enumerate(self.column_of)
            if row > settled and column is not None and self.row_price[row] == self.unassigned
        ]
        return free + leaving

    def _into_column(self, node: int, settled: int, rows: list[int]) -> list[tuple[int, int | None]]:
        """(node, row that moves): where the rows stand that may move to column `node`."""
        steps: list[tuple[int, int | None]] = []
        for row in rows:
            if row > settled:
                column = self.column_of[row]
                steps.append((self.width if column is None else column, row))
        if self.column_price[node] == 0:
            steps.append((self.width, None))
        return steps
