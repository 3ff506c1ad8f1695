"""Forms of address and jobs."""

import re

from privacy.pii.detectors.base import PatternDetector, words
from privacy.pii.detectors.latin import UPPER

TITLE = PatternDetector(
    name="title",
    kind="TITLE",
    pattern=re.compile(r"(?<!\w)(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Rev|Capt|Sgt|Herr|Frau)\b\.?(?= ?[^\W\d_])"),
    score=0.6,
    language="en",
    words=words("mr mrs ms miss mx dr prof rev capt sgt herr frau"),
    capital=True,
)

# What jobs end with; each also stands alone.
_HEADS = (
    "accountant actor actress administrator advisor adviser agent analyst architect artist assistant "
    "attorney "
    "auditor baker barber builder buyer captain caregiver carpenter cashier chef chemist cinematographer "
    "cleaner "
    "clerk coach consultant contractor cook coordinator counselor counsellor dentist designer developer "
    "director "
    "doctor driver economist editor electrician engineer estimator farmer firefighter geologist guard "
    "hairdresser "
    "handler inspector installer instructor interpreter investigator janitor journalist judge laborer lawyer "
    "lecturer librarian machinist manager mechanic midwife miner model musician nurse officer operator "
    "packager "
    "paralegal paramedic pharmacist photographer physician physicist pilot planner plumber policeman "
    "president "
    "principal producer professor programmer psychologist receptionist repairer reporter representative "
    "researcher "
    "salesman scientist secretary singer sonographer specialist statistician supervisor surgeon surveyor "
    "teacher "
    "technician technologist teller therapist trainer translator treasurer tutor typist umpire underwriter "
    "veterinarian waiter waitress welder writer"
)
_HEAD = (
    rf"(?:{'|'.join(_HEADS.split())}|[^\W\d_]{{4,}}(?:grapher|ologist|ician|smith|keeper|maker|worker"
    rf"|setter))"
)
_MODIFIERS = r"(?:[^\W\d_][\w'-]*,? ){0,4}?"

# "Marie, the Packager, said"; "works as a nurse"; "Product Designer at Hooli"; a line of nothing but a job.
OCCUPATION = PatternDetector(
    name="occupation",
    kind="OCCUPATION",
    pattern=re.compile(
        rf"(?:\b(?:works?|worked|working|job|employed|hired) (?:is |was )?as (?:a|an|the) "
        rf"(?P<as>{_MODIFIERS}{_HEAD})\b"
        rf"|\b(?:i am|i'm|he is|she is|he's|she's) an? (?P<is>{_MODIFIERS}{_HEAD})\b"
        rf"|, the (?P<apposition>{_MODIFIERS}[^\W\d_]+(?: [^\W\d_]+)?), (?:said|says|told|added|explained)\b"
        rf"|^[>?\s]*(?P<line>{_MODIFIERS}{_HEAD})\s*$"
        rf"|(?:^|— |- )\s*(?P<at>(?-i:[{UPPER}][\w]*,? (?:of |and |[{UPPER}]\w*,? ){{0,3}}?)?{_HEAD}|VP of "
        rf"[^\W\d_]+)(?= (?:at|for|—|-) ))",
        re.I | re.M,
    ),
    score=0.62,
    language="en",
)

CHINESE_OCCUPATION = PatternDetector(
    name="occupation-chinese",
    kind="OCCUPATION",
    pattern=re.compile(
        r"(?:职业|工作|职务|职位)(?:是|为|[:：])(?P<value>[\u4e00-\u9fff]{2,8})"
        r"|我是(?:一?[名个位])?(?P<job>[\u4e00-\u9fff]{0,4}(?:工程师|老师|教师|医生|护士|律师|会计|司机|厨师|警察|经理|设计师|程序员|公务员))"
    ),
    score=0.6,
    language="zh",
    signs="职工我",
    han=True,
)
