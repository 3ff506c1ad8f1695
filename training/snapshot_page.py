"""A snapshot as its page shows it, and its card in Markdown."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from common.errors import NotFound
from tasks_app.pseudonyms import pseudonym
from training import lineage
from training.models import ModelVersion, Snapshot, SnapshotItem
from training.splits import SPLITS

Row = list[Any]


@dataclass(frozen=True)
class SnapshotPage:
    snapshot: Snapshot

    @property
    def facts(self) -> list[tuple[str, str]]:
        found = [
            (_("SHA-256 of the data"), self.snapshot.sha256),
            (_("People whose answers it rests on"), f"{self.snapshot.people:,}"),
        ]
        if twins := self.snapshot.summary.get("duplicates"):
            found += [
                (_("Items with a near-duplicate"), f"{twins['joined']:,}"),
                (_("Clusters of near-duplicates, each in one split"), f"{twins['clusters']:,}"),
                (_("Left out because they resemble a test item"), f"{twins['left_out']:,}"),
            ]
        return found

    @property
    def columns(self) -> list[dict[str, Any]]:
        splits = [_("Train"), _("Dev"), _("Test")]
        return [{"title": _("Label")}, *({"title": name, "numeric": True} for name in splits)]

    @property
    def tables(self) -> list[dict[str, Any]]:
        """For each field its counts by split: items, those with soft targets, and each label."""
        soft, labels = (self.snapshot.summary.get(key, {}) for key in ("soft", "labels"))
        return [
            {"field": field, "rows": _rows(counts, soft.get(field, {}), labels.get(field, {}))}
            for field, counts in self.snapshot.counts.items()
        ]

    @property
    def versions(self) -> list[ModelVersion]:
        found = lineage.versions_trained_on(Snapshot.objects.filter(pk=self.snapshot.pk))
        return list(found[:50])


def _rows(counts: dict[str, int], soft: dict[str, int], labels: dict[str, dict[str, int]]) -> list[Row]:
    names = sorted({name for split in labels.values() for name in split})
    lines = [(_("All items"), counts), (_("of these with the crowd's doubt (soft targets)"), soft)]
    lines += [(name, {split: labels.get(split, {}).get(name, 0) for split in SPLITS}) for name in names]
    return [
        [name, *({"text": f"{row.get(split, 0):,}", "numeric": True} for split in SPLITS)]
        for name, row in lines
    ]


def entry_of(snapshot: Snapshot, item: UUID) -> SnapshotItem:
    found = snapshot.items.filter(item=item).first()
    if found is None:
        raise NotFound(_("This snapshot holds no such item."))
    return found


def lineage_json(snapshot: Snapshot, entry: SnapshotItem) -> dict[str, Any]:
    """`lineage.example_lineage` with people under their pseudonyms."""
    found = lineage.example_lineage(snapshot, entry)

    def name(person: UUID) -> str:
        return pseudonym(snapshot.project_id, person)

    return {
        "snapshot": str(snapshot.pk),
        "item": str(found["item"]),
        "group": found["group"],
        "split": found["split"],
        "answers": [
            {
                "id": str(answer.pk),
                "person": name(answer.worker_id),
                "source": answer.source,
                "schema": answer.schema_version.number,
                "at": answer.created_at,
            }
            for answer in found["answers"]
        ],
        "fields": [
            {
                "field": part["field"],
                "state": part["state"],
                "reviews": [
                    {
                        "id": str(review.pk),
                        "reviewer": name(review.reviewer_id),
                        "action": review.action,
                        "at": review.created_at,
                    }
                    for review in part["reviews"]
                ],
            }
            for part in found["fields"]
        ],
    }


def card(snapshot: Snapshot) -> str:
    """What it holds, in Markdown, in English as model cards are. It names no person and holds no text."""
    twins = snapshot.summary.get("duplicates", {})
    lines = [
        f"# Snapshot {snapshot.number} of “{snapshot.project.title}”",
        "",
        f"Frozen {snapshot.created_at:%Y-%m-%d %H:%M} UTC. SHA-256 `{snapshot.sha256}`. "
        f"Answers of {snapshot.people} people. Split by conversation and by label; near-duplicates "
        f"({twins.get('joined', 0)} items in {twins.get('clusters', 0)} clusters) never cross the split, and "
        f"{twins.get('left_out', 0)} items were left out because they resemble a test item.",
    ]
    for field, counts in snapshot.counts.items():
        labels = snapshot.summary.get("labels", {}).get(field, {})
        soft = snapshot.summary.get("soft", {}).get(field, {})
        lines += ["", f"## {field}", "", "| | train | dev | test |", "|---|---:|---:|---:|"]
        lines += [_line("items", counts), _line("with soft targets", soft)]
        names = sorted({name for split in labels.values() for name in split})
        lines += [_line(name, {s: labels.get(s, {}).get(name, 0) for s in SPLITS}) for name in names]
    files = [f"| `{name}` | `{digest}` |" for name, digest in sorted(snapshot.files.items())]
    return "\n".join([*lines, "", "## Files", "", "| file | SHA-256 |", "|---|---|", *files, ""])


def _line(name: str, row: dict[str, int]) -> str:
    return f"| {name.replace('|', '/')} | " + " | ".join(str(row.get(split, 0)) for split in SPLITS) + " |"
