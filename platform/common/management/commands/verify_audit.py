from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common import audit_checks, audit_sealing
from common.audit_heads import Head, public_key, read_head
from common.audit_verifying import Report, verify
from common.models import AuditCheck, AuditLink

_WORDS = {
    "removed": "events were removed",
    "changed": "events were changed",
    "reordered": "events were moved to another place",
    "inserted": "events were put in beside the chain",
    "link_changed": "links of the chain were changed or moved",
    "link_missing": "links of the chain are missing, from these positions on",
    "head": "heads known from before are not in the chain: its end was cut off, or it was written anew",
    "signature": "heads have a signature that is not genuine",
    "guard_off": "triggers that protect the log are off",
}


class Command(BaseCommand):
    help = "Verify the hash chain over the audit log. Exit code 1 when something does not hold."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", default="0", help="a position of the chain, or a date (ISO 8601)")
        parser.add_argument("--head", help="a hash, POSITION:HASH, or a file that audit_head wrote")

    def handle(self, *args: Any, **options: Any) -> None:
        audit_sealing.seal_events()
        since = _position(options["since"])
        heads = (_head(options["head"]),) if options["head"] else ()
        report = verify(since=since, heads=(*audit_checks.kept_heads(), *heads))
        check = audit_checks.finish(AuditCheck(since=since), report)
        if not report.is_intact:
            raise CommandError(_explain(report))
        foreign = "" if not heads or heads[0].public_key in {"", public_key()} else (
            "\nThe head that was given is signed with another key than this server's."
        )  # fmt: skip
        self.stdout.write(
            f"The chain holds: {report.checked} links checked after position {since}, "
            f"{report.unsealed} events not sealed yet.\nHead {check.position}:{check.head}{foreign}"
        )


def _position(text: str) -> int:
    if text.isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--since {text!r} is neither a position nor a date.") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    first = AuditLink.objects.filter(sealed_at__lt=moment).order_by("-position").first()
    return first.position if first else 0


def _head(text: str) -> Head:
    try:
        return read_head(Path(text).read_text(encoding="utf-8") if Path(text).is_file() else text)
    except (ValueError, KeyError) as error:
        raise CommandError(f"--head: {error}") from None


def _explain(report: Report) -> str:
    lines = [f"  {_WORDS[kind]}: {', '.join(map(str, what))}" for kind, what in report.problems.items()]
    return "\n".join([f"The chain does not hold ({report.checked} links checked).", *lines])
