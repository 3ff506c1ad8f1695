"""The claim as SQL: one statement that checks every rule, finds free slots, takes and lends them.

It comes in variants (sampling, languages, group limit), so that nobody pays for a rule that a project does
not have. Each look for items walks one partial index from the person's cursor on, and then once more from its
start: the index is a ring, and in random sampling every person enters it at a place of their own.
"""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from common.prepared import Prepared

# One person's claims (two tabs) take turns, and a ban takes its turn among them. A statement of its own, sent
# along with the claim: what the claim sees must be from after the lock was there. Not the lock of a row: the
# row is there only from the first claim on.
TAKE_TURN = Prepared("SELECT pg_advisory_xact_lock(hashtextextended(%(turn)s, 0))")
# And one alone waits for what others have in hand, since it may keep a row that others wait for meanwhile.
WAIT_ALONE = Prepared("SELECT pg_advisory_xact_lock(hashtextextended(%(queue)s, 0))")

_CLAIM = """
WITH person AS MATERIALIZED (
    -- Share: whoever erases or restricts the account waits for this claim, or this claim for them.
    SELECT id FROM accounts_user
    WHERE id = %(worker)s AND is_active AND erased_at IS NULL AND restricted_at IS NULL FOR SHARE
), p AS MATERIALIZED (
    SELECT state, reward_minor, lease_seconds, languages, qualification, max_per_person, max_per_group,
           (SELECT id FROM tasks_app_schemaversion
            WHERE project_id = %(project)s ORDER BY number DESC LIMIT 1) AS schema_id
    FROM tasks_app_project WHERE id = %(project)s
), me AS MATERIALIZED (
    SELECT id, claimed, banned_at, retrain_since,
           coalesce(cursor_priority * -1, '-Infinity') AS rank, coalesce(cursor_position, -1) AS position,
           coalesce(cursor_shuffle, %(start)s) AS shuffle, coalesce(cursor_gold, %(start)s) AS gold
    FROM tasks_app_workerprogress WHERE project_id = %(project)s AND worker_id = %(worker)s
), live AS (
    SELECT count(*) AS n, count(*) FILTER (WHERE claim_key = %(claim_key)s AND claim_key <> '') AS again
    FROM tasks_app_assignment WHERE worker_id = %(worker)s AND project_id = %(project)s AND state = 'leased'
), held AS (
    -- `claimed` only grows; what was given back is counted when the limit seems to be reached.
    SELECT CASE WHEN p.max_per_person IS NULL OR me.claimed + %(count)s <= p.max_per_person THEN me.claimed
           ELSE me.claimed - (SELECT count(*) FROM tasks_app_assignment
                              WHERE worker_id = %(worker)s AND project_id = %(project)s
                                AND state IN ('returned', 'expired')) END AS n
    FROM me, p
), verdict AS MATERIALIZED (
    SELECT CASE
        WHEN NOT EXISTS (SELECT 1 FROM person) THEN 'account_held'
        WHEN me.banned_at IS NOT NULL THEN 'banned'
        WHEN p.state <> 'published' THEN p.state
        WHEN me.retrain_since IS NOT NULL THEN 'must_retrain'
        WHEN live.again > 0 THEN 'again'
        WHEN EXISTS (
            SELECT 1 FROM jsonb_path_query(p.qualification, 'lax $.requires[*]') AS needed (id)
            WHERE NOT EXISTS (
                SELECT 1 FROM tasks_app_workerqualification h
                WHERE h.worker_id = %(worker)s AND h.qualification_id::text = needed.id #>> '{{}}'
                  AND h.revoked_at IS NULL AND (h.expires_at IS NULL OR h.expires_at > now()))
        ) THEN 'not_qualified'
        WHEN p.languages <> '{{}}' AND %(lanes)s::text[] IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM unnest(p.languages) one WHERE split_part(one, '-', 1) = ANY(%(lanes)s::text[])
        ) THEN 'other_languages'
        WHEN held.n >= p.max_per_person THEN 'limit_reached'
        ELSE '' END AS code,
        least(%(count)s, %(max_live)s - live.n, p.max_per_person - held.n) AS room
    FROM p, me, live, held
), ahead AS MATERIALIZED ({ahead}), behind AS MATERIALIZED ({behind}), found AS (
    SELECT *, row_number() OVER (ORDER BY lap, k1, k2) AS n FROM (
        SELECT *, 0 AS lap FROM ahead UNION ALL SELECT *, 1 FROM behind) both_laps
), gold_ahead AS MATERIALIZED ({gold_ahead}), gold_behind AS MATERIALIZED ({gold_behind}), gold AS (
    SELECT *, row_number() OVER (ORDER BY lap, k1) AS n FROM (
        SELECT *, 0 AS lap FROM gold_ahead UNION ALL SELECT *, 1 FROM gold_behind) both_laps
    WHERE EXISTS (SELECT 1 FROM found)
), golden AS MATERIALIZED (
    SELECT * FROM gold WHERE n <= least(%(gold)s, (SELECT room FROM verdict))
), plain AS MATERIALIZED (
    SELECT * FROM found WHERE n <= (SELECT room FROM verdict) - (SELECT count(*) FROM golden)
), chosen AS MATERIALIZED (
    SELECT id, grp, row_number() OVER () AS n FROM (
        SELECT id, grp, row_number() OVER (PARTITION BY grp) AS nth FROM (
            SELECT id, grp FROM golden UNION ALL SELECT id, grp FROM plain) every) ranked{within_group}
), taken AS (
    UPDATE tasks_app_item i SET taken = taken + 1 FROM chosen WHERE i.id = chosen.id
    RETURNING i.id, i.payload
), leased AS (
    INSERT INTO tasks_app_assignment
        (id, project_id, item_id, worker_id, schema_version_id, state, reward_minor, claim_key, item_group,
         reason, created_at, lease_expires_at)
    SELECT (%(ids)s::uuid[])[chosen.n], %(project)s, chosen.id, %(worker)s, p.schema_id, 'leased',
           p.reward_minor, %(claim_key)s, chosen.grp, '',
           now(), now() + make_interval(secs => p.lease_seconds)
    FROM chosen, p
    RETURNING id, item_id, lease_expires_at
), moved AS (
    UPDATE tasks_app_workerprogress SET claimed = claimed + (SELECT count(*) FROM chosen),
        {cursor},
        cursor_gold = coalesce((SELECT k1 FROM golden ORDER BY n DESC LIMIT 1), cursor_gold)
    WHERE id = (SELECT id FROM me) AND EXISTS (SELECT 1 FROM chosen)
)
SELECT verdict.code, verdict.room, leased.id, leased.item_id, taken.payload, leased.lease_expires_at,
       (SELECT schema_id FROM p)
FROM verdict LEFT JOIN (leased JOIN taken ON taken.id = leased.item_id) ON true ORDER BY leased.id
"""

# SKIP LOCKED lets simultaneous claims pass each other instead of queueing on the first free item. "Not mine"
# is a lookup for each candidate, never a join: a join may read everything that a person has ever answered.
_LOOK = """
    SELECT i.id, i."group" AS grp, {k1} AS k1, {k2} AS k2 FROM tasks_app_item i
    WHERE i.project_id = %(project)s AND i.free AND NOT i.restricted AND {kind} AND {segment}
      AND (SELECT room FROM verdict WHERE code = '') > {already}
      AND (SELECT 1 FROM tasks_app_assignment a
           WHERE a.item_id = i.id AND a.worker_id = %(worker)s LIMIT 1) IS NULL{rules}
    ORDER BY {order} LIMIT {limit} FOR UPDATE OF i SKIP LOCKED"""
# One look for each language that the person reads, merged.
_IN_LANES = """
    SELECT c.* FROM unnest(%(lanes)s::text[] || ''::text) AS lanes (lane) CROSS JOIN LATERAL ({look}) c
    ORDER BY c.k1, c.k2 LIMIT {limit}"""
_IN_A_GROUP = """(SELECT count(*) FROM (
          SELECT 1 FROM tasks_app_assignment g
          WHERE g.worker_id = %(worker)s AND g.project_id = %(project)s AND g.item_group = {group}
            AND g.item_group <> '' AND g.state IN ('leased', 'submitted')
          LIMIT (SELECT max_per_group FROM p)) mine)"""
_GROUP_HAS_ROOM = """
      AND (i."group" = '' OR (SELECT max_per_group FROM p) IS NULL OR {held} < (SELECT max_per_group FROM p))
""".format(held=_IN_A_GROUP.format(group='i."group"'))  # noqa: S608 - only our own text is put in
# Several items of one group in one claim count together.
_WITHIN_GROUP = """
    WHERE grp = '' OR (SELECT max_per_group FROM p) IS NULL OR nth + {held} <= (SELECT max_per_group FROM p)
""".format(held=_IN_A_GROUP.format(group="grp"))  # noqa: S608 - only our own text is put in
# Whoever met a gold item in a test would know it here.
_NOT_IN_A_TEST = """
      AND NOT EXISTS (SELECT 1 FROM tasks_app_qualificationitem q
                      JOIN tasks_app_qualificationattempt t ON t.qualification_id = q.qualification_id
                      WHERE q.source_id = i.id AND t.worker_id = %(worker)s)"""
_GOLD_PLACE = "i.shuffle {op} (SELECT gold FROM me)"
_IN_LANE = " AND split_part(i.language, '-', 1) = lanes.lane"


@dataclass(frozen=True)
class _Walk:
    """How one kind of sampling goes through the items: by which keys, and what is ahead of the cursor."""

    k1: str
    k2: str
    order: str
    place: str  # compared to the cursor's by {op}
    cursor: str

    def look(self, op: str, already: str, *, lanes: bool, rules: str) -> str:
        """At most `count` items whose place is `op` the cursor's, if `already` found ones are not enough."""
        parts = {
            "k1": self.k1,
            "k2": self.k2,
            "order": self.order,
            "kind": "i.gold IS NULL" + (_IN_LANE if lanes else ""),
            "segment": self.place.format(op=op),
        }
        look = _LOOK.format(**parts, already=already, rules=rules, limit="%(count)s")
        return _IN_LANES.format(look=look, limit="%(count)s") if lanes else look


_LAST = "(SELECT {key} FROM plain ORDER BY n DESC LIMIT 1)"
_BY_PLACE = _Walk(
    k1="(i.priority * -1)",
    k2="i.position",
    order="(i.priority * -1), i.position",
    place="((i.priority * -1), i.position) {op} ((SELECT rank FROM me), (SELECT position FROM me))",
    cursor=f"""cursor_priority = coalesce({_LAST.format(key="k1")} * -1, cursor_priority),
        cursor_position = coalesce({_LAST.format(key="k2")}, cursor_position)""",
)
_SHUFFLED = _Walk(
    k1="i.shuffle",
    k2="0::bigint",
    order="i.shuffle",
    place="i.shuffle {op} (SELECT shuffle FROM me)",
    cursor=f"cursor_shuffle = coalesce({_LAST.format(key='k1')}, cursor_shuffle)",
)


@lru_cache(maxsize=8)
def claim_sql(*, shuffled: bool, lanes: bool, groups: bool, waits: bool = False) -> Prepared:
    """The claim, to be run after TAKE_TURN. `lanes`: the person has said what they read; `groups`: a group
    has a limit.

    `waits`: for whoever found nothing because others were just taking what is left. It waits for them, one
    person at a time (WAIT_ALONE), so nobody can wait in a circle; ask it for one item.
    """
    walk = _SHUFFLED if shuffled else _BY_PLACE
    rules = _GROUP_HAS_ROOM if groups else ""
    claim = _CLAIM.format(
        ahead=walk.look(">", "0", lanes=lanes, rules=rules),
        behind=walk.look("<=", "(SELECT count(*) FROM ahead)", lanes=lanes, rules=rules),
        gold_ahead=_gold(">", "0", lanes=lanes, rules=rules),
        gold_behind=_gold("<=", "(SELECT count(*) FROM gold_ahead)", lanes=lanes, rules=rules),
        within_group=_WITHIN_GROUP if groups else "",
        cursor=walk.cursor,
    )
    return Prepared(claim.replace(" SKIP LOCKED", "") if waits else claim)


def _gold(op: str, already: str, *, lanes: bool, rules: str) -> str:
    """Gold comes in another order for each person, and only while ordinary work is left: alone it shows."""
    look = _LOOK.format(
        k1="i.shuffle",
        k2="0::bigint",
        order="i.shuffle",
        kind="i.gold IS NOT NULL" + (_IN_LANE if lanes else ""),
        segment=_GOLD_PLACE.format(op=op),
        already=already,
        rules=rules + _NOT_IN_A_TEST,
        limit="%(gold)s",
    )
    return _IN_LANES.format(look=look, limit="%(gold)s") if lanes else look


def turn_of(project_id: UUID, worker_id: UUID) -> str:
    """The name under which a person's claims in a project take turns."""
    return f"claim {project_id} {worker_id}"
