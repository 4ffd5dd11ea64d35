package io.github.pgdispatch.schema;

import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;

import io.github.pgdispatch.PgDispatchConfigurationException;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Finds out what there is. Reads the catalogs by OID, since names in a schema that one
 * may not use raise an error, and so takes any schema of any rights.
 */
final class SchemaInspector {

	private static final String STATE = """
			SELECT pg_catalog.quote_ident(pg_catalog.current_database()) AS database,
			       pg_catalog.quote_ident(CURRENT_USER) AS user,
			       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') AS may_create_schema,
			       pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(n.nspowner)) AS owner,
			       coalesce(pg_catalog.pg_has_role(n.nspowner, 'USAGE'), false) AS owned,
			       pg_catalog.quote_ident(x.extname) AS extension,
			       x.extversion AS extension_version,
			       v.oid IS NOT NULL AS versioned,
			       ARRAY(SELECT expected.name
			               FROM pg_catalog.unnest('{job,handler_job,managed_job,dead_letter,queue,node,setting,cron_worker}'::pg_catalog.text[]) WITH ORDINALITY AS expected (name, position)
			              WHERE v.oid IS NOT NULL
			                AND NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) expected.name)
			              ORDER BY expected.position
			              LIMIT 3) AS missing_tables,
			       v.oid IS NULL
			            AND (coalesce(x.extname OPERATOR(pg_catalog.~) '(^|@)pg_dispatch$' AND x.extversion OPERATOR(pg_catalog.~) '^0[.]', false)
			                 OR 3 OPERATOR(pg_catalog.=) (SELECT pg_catalog.count(DISTINCT p.proname)
			                           FROM pg_catalog.pg_proc AS p
			                          WHERE p.pronamespace OPERATOR(pg_catalog.=) n.oid
			                            AND p.proname OPERATOR(pg_catalog.=) ANY (ARRAY['fire', 'snooze', '_schedule_job']))) AS predecessor,
			       coalesce(pg_catalog.has_schema_privilege(n.oid, 'USAGE')
			            AND pg_catalog.has_function_privilege(v.oid, 'EXECUTE'), false) AS version_visible,
			       CASE WHEN v.oid IS NULL THEN ARRAY(
			           SELECT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)
			             FROM pg_catalog.pg_depend AS d
			            WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass
			              AND d.refobjid OPERATOR(pg_catalog.=) n.oid
			              -- What a node leaves behind that is killed while it installs.
			              AND NOT (d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
			                   AND d.objid OPERATOR(pg_catalog.=) ANY (SELECT c.oid
			                                     FROM pg_catalog.pg_class AS c
			                                    WHERE c.relnamespace OPERATOR(pg_catalog.=) n.oid
			                                      AND c.relname OPERATOR(pg_catalog.=) ANY (ARRAY['databasechangelog', 'databasechangeloglock'])))
			            ORDER BY 1
			            LIMIT 3)
			       END AS strangers,
			       ARRAY(SELECT pg_catalog.quote_ident(given.name)
			               FROM pg_catalog.unnest(?::pg_catalog.text[]) WITH ORDINALITY AS given (name, position)
			              WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.=) given.name)
			              ORDER BY given.position) AS unknown_roles,
			       ARRAY(SELECT pg_catalog.quote_ident(r.rolname)
			               FROM pg_catalog.pg_roles AS r
			              WHERE (r.rolname OPERATOR(pg_catalog.=) CURRENT_USER OR r.rolname OPERATOR(pg_catalog.=) ANY (?::pg_catalog.text[]))
			                AND (NOT pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE')
			                     OR EXISTS (SELECT
			                                  FROM pg_catalog.pg_class AS c
			                                 CROSS JOIN pg_catalog.unnest('{SELECT,INSERT,UPDATE,DELETE}'::pg_catalog.text[]) AS privilege
			                                 WHERE c.relnamespace OPERATOR(pg_catalog.=) n.oid
			                                   AND c.relname OPERATOR(pg_catalog.=) ANY (ARRAY['job', 'dead_letter', 'cron_worker'])
			                                   AND NOT pg_catalog.has_table_privilege(r.oid, c.oid, privilege))
			                     OR EXISTS (SELECT
			                                  FROM pg_catalog.pg_depend AS d
			                                 WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass
			                                   AND d.refobjid OPERATOR(pg_catalog.=) n.oid
			                                   AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
			                                   AND NOT pg_catalog.has_function_privilege(r.oid, d.objid, 'EXECUTE')
			                                   AND d.objid OPERATOR(pg_catalog.<>) ALL (ARRAY(SELECT p.oid
			                                                                                    FROM pg_catalog.pg_proc AS p
			                                                                                   WHERE p.pronamespace OPERATOR(pg_catalog.=) n.oid
			                                                                                     AND p.proname OPERATOR(pg_catalog.=) 'status_of_all_roles'))))
			              ORDER BY r.rolname) AS roles_lacking_privileges
			  FROM (SELECT) AS always
			  LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname OPERATOR(pg_catalog.=) 'pgdispatch'
			  LEFT JOIN pg_catalog.pg_proc AS v ON v.pronamespace OPERATOR(pg_catalog.=) n.oid AND v.proname OPERATOR(pg_catalog.=) 'version' AND v.pronargs OPERATOR(pg_catalog.=) 0
			  LEFT JOIN LATERAL (
			       SELECT e.extname, e.extversion
			         FROM pg_catalog.pg_extension AS e
			        WHERE v.oid IS NULL AND e.extnamespace OPERATOR(pg_catalog.=) n.oid
			           OR EXISTS (SELECT
			                        FROM pg_catalog.pg_depend AS d
			                       WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass
			                         AND d.refobjid OPERATOR(pg_catalog.=) e.oid
			                         AND d.deptype OPERATOR(pg_catalog.=) 'e'
			                         AND (d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.objid OPERATOR(pg_catalog.=) n.oid
			                           OR d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid OPERATOR(pg_catalog.=) v.oid))
			        LIMIT 1) AS x ON true
			""";

	private final JdbcClient jdbc;

	private final String[] roles;

	SchemaInspector(JdbcClient jdbc, Collection<String> roles) {
		this.jdbc = jdbc;
		this.roles = roles.toArray(String[]::new);
	}

	SchemaState inspect() {
		return this.jdbc.sql(STATE).param(this.roles).param(this.roles).query(this::state).single();
	}

	private SchemaState state(ResultSet row, int rowNumber) throws SQLException {
		return new SchemaState(row.getString("database"), row.getString("user"), row.getBoolean("may_create_schema"),
				row.getString("owner"), row.getBoolean("owned"), row.getString("extension"),
				row.getString("extension_version"), row.getBoolean("predecessor"), row.getBoolean("versioned"),
				row.getBoolean("version_visible") ? version() : null, list(row.getArray("missing_tables")),
				list(row.getArray("strangers")), list(row.getArray("unknown_roles")),
				list(row.getArray("roles_lacking_privileges")));
	}

	private SchemaVersion version() {
		String version = this.jdbc.sql("SELECT pgdispatch.version()::pg_catalog.text").query(String.class).single();
		try {
			return SchemaVersion.parse(version);
		}
		catch (IllegalArgumentException ex) {
			throw new PgDispatchConfigurationException(
					"The function pgdispatch.version() returned '" + version
							+ "', so that the schema pgdispatch is not one of pg-dispatch.",
					"Rename the schema, or connect the application to another database.", ex);
		}
	}

	private static List<String> list(@Nullable Array array) throws SQLException {
		return (array != null) ? List.of((String[]) array.getArray()) : List.of();
	}

}
