from django.db import migrations

# A record's evidence never changes. Erasure takes the person out, once; what nobody can be found by may go.
FORWARD = """
CREATE FUNCTION privacy_guard_consent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.person IS NULL THEN RETURN OLD; END IF;
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
    END IF;
    IF OLD.person IS NOT NULL AND NEW.person IS NULL AND NEW.erased_at IS NOT NULL
       AND (NEW.id, NEW.purpose, NEW.given, NEW.statement, NEW.number, NEW.regime, NEW.language, NEW.sha256,
            NEW.how, NEW.at)
         = (OLD.id, OLD.purpose, OLD.given, OLD.statement, OLD.number, OLD.regime, OLD.language, OLD.sha256,
            OLD.how, OLD.at)
    THEN RETURN NEW; END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER consent_append_only BEFORE UPDATE OR DELETE ON privacy_consentrecord
    FOR EACH ROW EXECUTE FUNCTION privacy_guard_consent();
CREATE TRIGGER notice_append_only BEFORE UPDATE OR DELETE ON privacy_noticeversion
    FOR EACH ROW EXECUTE FUNCTION common_refuse_change();
"""
BACKWARD = """
DROP TRIGGER consent_append_only ON privacy_consentrecord;
DROP TRIGGER notice_append_only ON privacy_noticeversion;
DROP FUNCTION privacy_guard_consent();
"""


class Migration(migrations.Migration):
    dependencies = [("privacy", "0004_consents"), ("common", "0002_audit_append_only")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
