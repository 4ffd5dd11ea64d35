CREATE OR REPLACE FUNCTION pgdispatch.replace_cron_setting() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    DELETE FROM pgdispatch.cron_setting AS s WHERE s.role::oid = NEW.role::oid;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION pgdispatch.replace_cron_setting() IS
'Part of pgdispatch.cron_setting: what is inserted replaces what there was for that role.';


CREATE OR REPLACE FUNCTION pgdispatch.replace_setting() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    DELETE FROM pgdispatch.setting AS s WHERE s.role::oid = NEW.role::oid;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION pgdispatch.replace_setting() IS
'Part of pgdispatch.setting: what is inserted replaces what there was for that role.';
