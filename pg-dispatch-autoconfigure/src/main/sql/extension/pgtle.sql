-- For a database with pg_tle. It registers the extension pg_dispatch, in its newest version and with the updates from older ones, as
-- far as pg_tle does not know them yet. CREATE EXTENSION pg_dispatch can be called afterwards.
-- Run this script as a member of pgtle_admin.

DO $install$
DECLARE
    script constant text := $pg_dispatch$
@install_script@
$pg_dispatch$;
BEGIN
    IF NOT EXISTS (SELECT FROM pgtle.available_extensions() AS e WHERE e.name = 'pg_dispatch') THEN
        PERFORM pgtle.install_extension('pg_dispatch', '@version@',
            'SQL that runs after the commit of the transaction that dispatched it, and never if that rolls back', script);
    ELSIF NOT EXISTS (SELECT
                        FROM pgtle.available_extension_versions() AS v
                       WHERE v.name = 'pg_dispatch' AND v.version = '@version@') THEN
        PERFORM pgtle.install_extension_version_sql('pg_dispatch', '@version@', script);
    END IF;
END
$install$;

-- Each update:
SELECT pgtle.install_update_path('pg_dispatch', '@from@', '@to@',
$pg_dispatch$
@update_script@
$pg_dispatch$)
 WHERE NOT EXISTS (SELECT FROM pgtle.extension_update_paths('pg_dispatch') AS p WHERE p.path = '@from@--@to@');

-- Finally:
SELECT pgtle.set_default_version('pg_dispatch', '@version@');
