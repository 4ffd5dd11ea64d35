-- For a database with pg_tle: makes the extension pg_dispatch known to CREATE EXTENSION, of any version that it does not know yet.
-- To be run by a member of pgtle_admin.

SELECT pgtle.install_extension(
    'pg_dispatch', '1.0.0',
    'SQL that runs after the commit of the transaction that dispatched it, and never if that rolls back',
$pg_dispatch$
@pg_dispatch--1.0.0.sql@
$pg_dispatch$)
 WHERE NOT EXISTS (SELECT FROM pgtle.available_extensions() AS e WHERE e.name = 'pg_dispatch');

SELECT pgtle.install_update_path('pg_dispatch', '1.0.0', '1.1.0',
$pg_dispatch$
@pg_dispatch--1.0.0--1.1.0.sql@
$pg_dispatch$)
 WHERE NOT EXISTS (SELECT FROM pgtle.available_extension_versions() AS v WHERE v.name = 'pg_dispatch' AND v.version = '1.1.0');

SELECT pgtle.install_update_path('pg_dispatch', '1.1.0', '1.2.0',
$pg_dispatch$
@pg_dispatch--1.1.0--1.2.0.sql@
$pg_dispatch$)
 WHERE NOT EXISTS (SELECT FROM pgtle.available_extension_versions() AS v WHERE v.name = 'pg_dispatch' AND v.version = '1.2.0');

SELECT pgtle.install_update_path('pg_dispatch', '1.2.0', '1.3.0',
$pg_dispatch$
@pg_dispatch--1.2.0--1.3.0.sql@
$pg_dispatch$)
 WHERE NOT EXISTS (SELECT FROM pgtle.available_extension_versions() AS v WHERE v.name = 'pg_dispatch' AND v.version = '1.3.0');

SELECT pgtle.install_update_path('pg_dispatch', '1.3.0', '1.4.0',
$pg_dispatch$
@pg_dispatch--1.3.0--1.4.0.sql@
$pg_dispatch$)
 WHERE NOT EXISTS (SELECT FROM pgtle.available_extension_versions() AS v WHERE v.name = 'pg_dispatch' AND v.version = '1.4.0');

SELECT pgtle.install_update_path('pg_dispatch', '1.4.0', '1.5.0',
$pg_dispatch$
@pg_dispatch--1.4.0--1.5.0.sql@
$pg_dispatch$)
 WHERE NOT EXISTS (SELECT FROM pgtle.available_extension_versions() AS v WHERE v.name = 'pg_dispatch' AND v.version = '1.5.0');

SELECT pgtle.install_update_path('pg_dispatch', '1.5.0', '1.6.0',
$pg_dispatch$
@pg_dispatch--1.5.0--1.6.0.sql@
$pg_dispatch$)
 WHERE NOT EXISTS (SELECT FROM pgtle.available_extension_versions() AS v WHERE v.name = 'pg_dispatch' AND v.version = '1.6.0');

SELECT pgtle.install_update_path('pg_dispatch', '1.6.0', '1.7.0',
$pg_dispatch$
@pg_dispatch--1.6.0--1.7.0.sql@
$pg_dispatch$)
 WHERE NOT EXISTS (SELECT FROM pgtle.available_extension_versions() AS v WHERE v.name = 'pg_dispatch' AND v.version = '1.7.0');

SELECT pgtle.set_default_version('pg_dispatch', '@schema.version@');
