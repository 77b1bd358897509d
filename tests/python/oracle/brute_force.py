"""The same figures by another road: a picture of everybody on every single day.

Nothing is shared with the oracle but the country tables. Each day's picture is made
anew from the raw rows; movements are what differs between one picture and the next.
"""

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from oracle.employment import (
    COUNTRY_CODES,
    FULL_TIME_HOURS,
    SUB_REGIONS,
    Row,
)

Place = tuple[str, str, str]
Tally = dict[tuple[date, str, str, str], dict[str, int]]


class Snapshot(NamedTuple):
    """One employed person on one day."""

    employment_id: int
    place: Place
    fte: Decimal


def picture(rows: dict[str, list[Row]], day: date, as_at: datetime) -> list[Snapshot]:
    """Everybody employed at the close of the day."""
    known = {
        table: [
            row
            for row in rows[table]
            if row.get("recorded_at", as_at) <= as_at
            and not (row.get("retracted_at") and row["retracted_at"] <= as_at)
        ]
        for table in rows
    }
    employed = []
    for row in known["employments"]:
        has_ended = (
            row["ended_on"] is not None
            and row["end_recorded_at"] <= as_at
            and row["ended_on"] <= day
        )
        if row["started_on"] > day or has_ended:
            continue
        fields = {name: row[name] for name in ("company", "department", "branch")} | {
            "designation": row["designation"]
        }
        for name in fields:
            in_force = [
                change
                for change in known["assignment_changes"]
                if change["employment_id"] == row["employment_id"]
                and change["field"] == name
                and change["effective_on"] <= day
            ]
            if in_force:
                newest = max(
                    in_force,
                    key=lambda c: (c["effective_on"], c["recorded_at"], c["change_id"]),
                )
                fields[name] = newest["new_value"]

        versions = [
            version
            for version in known["departments"]
            if version["department"] == fields["department"]
        ]
        department = "Unassigned"
        if versions:
            newest = max(versions, key=lambda v: v["recorded_at"])
            department = newest["department_name"].strip()
        country = None
        for company in rows["companies"]:
            if company["company"] == fields["company"]:
                country = COUNTRY_CODES[company["country"]]
        for branch in rows["branches"]:
            if branch["branch"] == fields["branch"]:
                country = branch["country"]
        assert country is not None
        contracts = [
            contract
            for contract in known["contracted_hours"]
            if contract["person_id"] == row["person_id"]
            and contract["effective_on"] <= day
        ]
        fte = Decimal(1)
        if contracts:
            contract = max(
                contracts, key=lambda c: (c["effective_on"], c["recorded_at"])
            )
            share = contract["weekly_hours"] / FULL_TIME_HOURS[country]
            fte = (share * 10_000 + Decimal("0.5")) // 1 / 10_000
        designation = fields["designation"] or "Unassigned"
        place = (department, SUB_REGIONS[country], designation)
        employed.append(Snapshot(row["employment_id"], place, fte))
    return employed


def walk(
    rows: dict[str, list[Row]], first_day: date, last_day: date, as_at: datetime
) -> tuple[dict[tuple[date, str, str, str], tuple[int, Decimal]], Tally]:
    """Headcount and movements of whole months, walked day by day."""
    employments = {row["employment_id"]: row for row in rows["employments"]}
    heads: dict[tuple[date, str, str, str], tuple[int, Decimal]] = {}
    moves: dict[tuple[date, str, str, str], Counter[str]] = {}

    def add(month: date, place: Place, measure: str) -> None:
        moves.setdefault((month, *place), Counter())[measure] += 1

    yesterday = picture(rows, first_day - timedelta(days=1), as_at)
    day = first_day
    while day <= last_day:
        today = picture(rows, day, as_at)
        month = day.replace(day=1)
        was = {snapshot.employment_id: snapshot for snapshot in yesterday}
        now = {snapshot.employment_id: snapshot for snapshot in today}
        if day == month:
            for snapshot in yesterday:
                add(month, snapshot.place, "opening_headcount")
        for employment_id in now.keys() - was.keys():
            is_rehire = employments[employment_id]["is_rehire"]
            measure = "rehires" if is_rehire else "hires"
            add(month, now[employment_id].place, measure)
        for employment_id in was.keys() - now.keys():
            kind = employments[employment_id]["exit_kind"]
            add(month, was[employment_id].place, f"exits_{kind}")
        for employment_id in was.keys() & now.keys():
            if was[employment_id].place != now[employment_id].place:
                add(month, was[employment_id].place, "transfers_out")
                add(month, now[employment_id].place, "transfers_in")
        tomorrow = day + timedelta(days=1)
        if tomorrow.day == 1:
            for snapshot in today:
                people, fte = heads.get((month, *snapshot.place), (0, Decimal(0)))
                heads[(month, *snapshot.place)] = (people + 1, fte + snapshot.fte)
                add(month, snapshot.place, "closing_headcount")
        yesterday = today
        day = tomorrow
    return heads, {cell: dict(measures) for cell, measures in moves.items()}
