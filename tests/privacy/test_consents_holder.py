from uuid import uuid4

from common.ids import uuid7
from privacy.consents_holder import GROUND, ConsentsHolder, proof_of
from privacy.holders import Subject, Terms
from privacy.models import ConsentRecord
from privacy.services import consents

holder = ConsentsHolder()


def agreed(user):
    for given in (True, False):
        consents.record_consent(user=user, purpose="training", given=given, how="page")
    return Subject(account=user.pk)


def test_a_person_gets_every_word_they_said(annotator):
    (holding,) = holder.holdings(agreed(annotator))
    assert [row["given"] for row in holding.rows] == [True, False]
    assert not list(holder.holdings(Subject(account=uuid4())))


def test_erasure_leaves_the_proof_without_the_person(annotator, admin):
    subject, other = agreed(annotator), agreed(admin)
    assert holder.residue(subject) == {"consents": 2}
    assert holder.erase(subject, Terms(request=uuid7())) == {"consents_made_anonymous": 2}
    assert holder.erase(subject, Terms(request=uuid7())) == {} == holder.residue(subject)
    rows = ConsentRecord.objects.filter(person=None)
    assert {(row.proof, row.legal_ground) for row in rows} == {(proof_of(annotator.email), GROUND)}
    assert all(row.sha256 and row.statement and row.erased_at for row in rows)
    assert annotator.email not in str(rows.values()) and str(annotator.pk) not in str(rows.values())
    assert holder.residue(other) == {"consents": 2}


def test_somebody_who_occurs_in_texts_only_has_none(db):
    subject = Subject(items=frozenset({uuid4()}))
    assert (list(holder.holdings(subject)), holder.erase(subject, Terms(request=uuid7()))) == ([], {})
