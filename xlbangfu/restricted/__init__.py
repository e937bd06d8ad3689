"""Restricted records (心理档案, 资助, 家庭情况): a workbook of their own that opens with a password.

What leaves this room is that a record exists, and when; never what it says. Source: spec §3, §7.
"""
