"""macros/customUI.xml, generated from the catalogue: one tab, one group per ribbon group, every button.

Only the 2006 namespace: openpyxl drops the relationship of the 2007 part, and the ribbon with it.
"""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from xlbangfu.actions.catalogue import ACTIONS, RIBBON_GROUPS, Action

NAMESPACE = "http://schemas.microsoft.com/office/2006/01/customui"
RELATIONSHIP = "http://schemas.microsoft.com/office/2006/relationships/ui/extensibility"
TAB_LABEL = "学困生帮扶"
CALLBACK = "OnRibbon"

LARGE = frozenset(
    (
        "import_roster",
        "import_scores",
        "screen",
        "freeze",
        "plan",
        "pair",
        "convert",
        "summarise",
        "merge",
        "guide",
    )
)
# Names of Office's built-in pictures (present in Office 2010 and later).
ICONS = {
    "import_roster": "DistributionListSelectMembers",
    "import_scores": "ImportExcel",
    "import_norms": "ChartTrendline",
    "check": "DataValidation",
    "screen": "Filter",
    "confirm": "AcceptInvitation",
    "freeze": "Lock",
    "profile": "AddressBook",
    "restricted": "FileDocumentEncrypt",
    "plan": "NewTask",
    "pair": "MeetingsWorkspace",
    "group": "OrganizationChartInsert",
    "session": "NewAppointment",
    "convert": "CalculateNow",
    "progress": "ChartInsert",
    "audit": "ReviewTrackChanges",
    "summarise": "FilePrintPreview",
    "written": "CreateReport",
    "slips": "MailMergeStartLetters",
    "cards": "PostcardWizard",
    "poster": "Pushpin",
    "merge": "Consolidate",
    "verify": "ReviewCompareTwoVersions",
    "undo": "Undo",
    "doctor": "TraceError",
    "guide": "Help",
}


def ribbon_xml() -> str:
    """The whole customUI.xml. Raises KeyError for an action without an icon."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<customUI xmlns="{NAMESPACE}">',
        "  <ribbon>",
        "    <tabs>",
        f'      <tab id="tabBangfu" label={quoteattr(TAB_LABEL)}>',
    ]
    for number, group in enumerate(RIBBON_GROUPS, start=1):
        lines.append(f'        <group id="groupBangfu{number}" label={quoteattr(group)}>')
        lines.extend(_button(a) for a in ACTIONS if a.group == group)
        lines.append("        </group>")
    lines += ["      </tab>", "    </tabs>", "  </ribbon>", "</customUI>", ""]
    return "\n".join(lines)


def _button(action: Action) -> str:
    attributes = {
        "id": action.id,
        "label": action.label,
        "size": "large" if action.id in LARGE else "normal",
        "imageMso": ICONS[action.id],
        "screentip": action.label,
        "supertip": tip(action),
        "onAction": CALLBACK,
    }
    if action.picks:
        attributes["tag"] = action.picks
    if not action.available:
        attributes["enabled"] = "false"
    return "          <button " + " ".join(f"{k}={quoteattr(v)}" for k, v in attributes.items()) + "/>"


def tip(action: Action) -> str:
    """What the button does and which sheets it may change, in one or two sentences."""
    if not action.available:
        return f"{action.tip}（本版本暂未提供）"
    return f"{action.tip}会改动：{'、'.join(action.writes)}。" if action.writes else action.tip
