"""Diagnoses, medicines and procedures: by cue, by dose and by how their names are built."""

import re

from privacy.pii.detectors.base import PatternDetector, words
from privacy.pii.detectors.latin import UPPER

_CAP = rf"(?-i:[{UPPER}])[\w'-]*"
_CONDITION_HEAD = (
    "disease disorder syndrome diabetes hypertension arthritis asthma bronchitis hypothyroidism "
    "hyperthyroidism "
    "migraine migraines fibrillation failure cancer carcinoma adenocarcinoma lymphoma leukemia leukaemia "
    "pneumonia "
    "depression anemia anaemia epilepsy eczema psoriasis osteoporosis osteoarthritis hepatitis cirrhosis "
    "stroke "
    "dementia autism schizophrenia infection allergy ulcer obesity hiv aids covid influenza tuberculosis "
    "gout "
    "fibromyalgia endometriosis glaucoma cataract sepsis thrombosis embolism angina arrhythmia insomnia "
    "anxiety"
)
_BUILT = r"[^\W\d_]{4,}(?:itis|osis|emia|aemia|opathy|algia|plegia|oma|uria|pnea|thyroidism)"

_CONDITION_WORDS = words(
    _CONDITION_HEAD + " diagnosis diagnosed suffers suffer assessment consistent history indication looking p"
)
_BUILT_ENDS = ("itis", "osis", "emia", "opathy", "algia", "plegia", "oma", "uria", "pnea", "thyroidism")

CONDITION = PatternDetector(
    name="condition",
    kind="CONDITION",
    pattern=re.compile(
        rf"(?<!\w)(?:(?:(?:{_CAP}|type \d|chronic|acute|severe|mild|essential|generali[sz]ed|congestive"
        rf"|coronary|atrial"
        rf"|major|bipolar|rheumatoid) ?(?:\d )?){{0,4}}?(?:{'|'.join(_CONDITION_HEAD.split())}|{_BUILT})(?: "
        rf"(?:mellitus|disease|disorder))?)\b"
        rf"|\b(?:diagnosis|diagnosed with|suffers? from|a/p|assessment|consistent with|history of|looking "
        rf"at|indication):? (?P<value>{_CAP}(?: {_CAP}|"
        rf" \d(?= )){{0,4}})",
        re.I,
    ),
    score=0.6,
    language="en",
    need=lambda clues: (
        not _CONDITION_WORDS.isdisjoint(clues.word_set)
        or any(word.endswith(_BUILT_ENDS) for word in clues.word_set)
    ),
)

_STEMS = (
    r"(?:pril|sartan|statin|olol|dipine|prazole|cillin|mycin|cycline|floxacin|azole|vir|mab|tinib|pam|lam"
    r"|zepam|"
    r"oxetine|triptan|gliptin|glitazone|formin|sone|solone|profen|caine|codone|morphone|barbital|setron"
    r"|thiazide|parin|"
    r"pentin|traline|buterol|terol|dronate|lukast|afil)"
)

_STEM_ENDS = tuple(_STEMS[3:-1].split("|"))
_NO_MEDICINE = words("person reason season lesson poison prison mason garrison lam islam salam exam")

MEDICATION = PatternDetector(
    name="medication",
    kind="MEDICATION",
    pattern=re.compile(
        rf"(?<!\w)(?:[^\W\d_]{{2,}}{_STEMS}(?: (?:inhaler|tablets?|capsules?|cream|patch|drops))?(?: \d+ "
        rf"?(?:mg|mcg|g|ml|iu)\b)?"
        rf"|[^\W\d_]{{4,}} \d+ ?(?:mg|mcg|iu)\b"
        rf"|(?:medications?|currently taking|prescribed|rx): (?P<value>{_CAP}(?: {_CAP})?(?: \d+ ?(?:mg|mcg"
        rf"|g|ml))?))",
        re.I,
    ),
    score=0.6,
    language="en",
    need=lambda clues: clues.digits > 0 or any(word.endswith(_STEM_ENDS) for word in clues.word_set),
    check=lambda value: value.lower() not in _NO_MEDICINE,
)

_PROCEDURE_HEAD = (
    "scan mri ct x-ray xray ultrasound biopsy colonoscopy endoscopy mammogram echocardiogram "
    "electrocardiogram ecg ekg "
    "surgery transplant dialysis chemotherapy radiotherapy vaccination angioplasty bypass panel"
)
_PROCEDURE_WORDS = words(_PROCEDURE_HEAD + " test procedure exam blood function metabolic ray")
_PROCEDURE_ENDS = ("oscopy", "ectomy", "ostomy", "plasty", "gram", "graphy", "centesis")
_NO_PROCEDURE = words(
    "instagram telegram program diagram gram kilogram photography geography biography panel scan hologram"
)

PROCEDURE = PatternDetector(
    name="procedure",
    kind="PROCEDURE",
    pattern=re.compile(
        rf"(?<!\w)(?:(?:(?:{_CAP}) ){{0,3}}?(?:{'|'.join(_PROCEDURE_HEAD.split())}|blood count|function "
        rf"test|metabolic panel|"
        rf"[^\W\d_]{{3,}}(?:oscopy|ectomy|ostomy|plasty|gram|graphy|centesis)))\b(?: (?:abdomen|chest"
        rf"|pelvis|head|spine))?"
        rf"|\b(?:test|procedure|exam): (?P<value>{_CAP}(?: {_CAP}){{0,3}})",
        re.I,
    ),
    score=0.58,
    language="en",
    need=lambda clues: (
        not _PROCEDURE_WORDS.isdisjoint(clues.word_set)
        or any(word.endswith(_PROCEDURE_ENDS) for word in clues.word_set)
    ),
    check=lambda value: value.lower() not in _NO_PROCEDURE,
)

CHINESE_HEALTH = PatternDetector(
    name="condition-chinese",
    kind="CONDITION",
    pattern=re.compile(
        r"糖尿病|高血压|冠心病|心脏病|哮喘|肺炎|肝炎|乙肝|癌症|[\u4e00-\u9fff]{1,3}癌|白血病|抑郁症|焦虑症|癫痫|艾滋病|脑梗|中风|贫血|痛风|关节炎|骨折|流感|新冠|怀孕"
    ),
    score=0.6,
    language="zh",
    signs="病压喘炎癌肝症痫梗风血折感冠孕",
    han=True,
)
