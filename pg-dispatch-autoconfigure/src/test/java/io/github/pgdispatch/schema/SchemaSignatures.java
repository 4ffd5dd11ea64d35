package io.github.pgdispatch.schema;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import io.github.pgdispatch.test.Session;

/**
 * Describes the schema of a database by lines of text that people can read and compare.
 */
final class SchemaSignatures {

	private SchemaSignatures() {
	}

	/**
	 * Returns the tables with their columns, constraints, indexes, policies and triggers,
	 * and the functions with their arguments and results, sorted by their names.
	 * @param session of a role that sees the schema
	 * @return the lines
	 * @throws SQLException if a query fails
	 */
	static List<String> of(Session session) throws SQLException {
		List<String> lines = new ArrayList<>(session.values("""
				WITH pgdispatch AS (
				    SELECT c.oid, c.relname
				      FROM pg_class AS c
				     WHERE c.relnamespace = 'pgdispatch'::regnamespace AND c.relkind = 'r'),
				lines (relname, section, number, line) AS (
				    SELECT t.relname, 0, 0, 'TABLE ' || t.relname FROM pgdispatch AS t
				     UNION ALL
				    SELECT t.relname, 1, a.attnum,
				           concat('    ', a.attname, ' ', format_type(a.atttypid, a.atttypmod),
				                  CASE WHEN a.attnotnull THEN ' NOT NULL' END,
				                  CASE a.attidentity WHEN 'a' THEN ' GENERATED ALWAYS AS IDENTITY' END,
				                  ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid))
				      FROM pgdispatch AS t
				      JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
				      LEFT JOIN pg_attrdef AS d ON d.adrelid = t.oid AND d.adnum = a.attnum
				     UNION ALL
				    SELECT t.relname, 2, row_number() OVER (ORDER BY n.conname COLLATE "C"),
				           format('    CONSTRAINT %s %s', n.conname, pg_get_constraintdef(n.oid))
				      FROM pgdispatch AS t
				      JOIN pg_constraint AS n ON n.conrelid = t.oid AND n.contype IN ('c', 'p', 'u')
				     UNION ALL
				    SELECT t.relname, 3, row_number() OVER (ORDER BY i.indexrelid::regclass::text COLLATE "C"),
				           '    ' || pg_get_indexdef(i.indexrelid)
				      FROM pgdispatch AS t
				      JOIN pg_index AS i ON i.indrelid = t.oid
				     WHERE NOT EXISTS (SELECT FROM pg_constraint AS n WHERE n.conindid = i.indexrelid)
				     UNION ALL
				    SELECT t.relname, 4, row_number() OVER (ORDER BY p.polname COLLATE "C"),
				           format('    POLICY %s FOR %s USING (%s)', p.polname,
				                  CASE p.polcmd WHEN '*' THEN 'ALL' WHEN 'r' THEN 'SELECT' ELSE p.polcmd::text END,
				                  pg_get_expr(p.polqual, p.polrelid))
				      FROM pgdispatch AS t
				      JOIN pg_policy AS p ON p.polrelid = t.oid
				     UNION ALL
				    SELECT t.relname, 5, row_number() OVER (ORDER BY g.tgname COLLATE "C"),
				           '    ' || pg_get_triggerdef(g.oid)
				      FROM pgdispatch AS t
				      JOIN pg_trigger AS g ON g.tgrelid = t.oid AND NOT g.tgisinternal)
				SELECT line FROM lines ORDER BY relname COLLATE "C", section, number"""));
		lines.addAll(session
			.values("""
					SELECT concat(CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END, p.proname,
					              CASE WHEN length(a.list) > 100 THEN E'(\\n    ' || replace(a.list, ', ', E',\\n    ') || ')'
					                   ELSE '(' || a.list || ')'
					              END,
					              CASE p.prokind WHEN 'f' THEN ' RETURNS ' || pg_get_function_result(p.oid) END,
					              CASE p.provolatile WHEN 'i' THEN ' IMMUTABLE' WHEN 's' THEN ' STABLE' END,
					              CASE WHEN p.prosecdef THEN ' SECURITY DEFINER' END)
					  FROM pg_proc AS p,
					       regexp_replace(pg_get_function_arguments(p.oid), '\\mIN ', '', 'g') AS a (list)
					 WHERE p.pronamespace = 'pgdispatch'::regnamespace
					 ORDER BY p.proname COLLATE "C", a.list COLLATE "C\""""));
		return lines;
	}

	/**
	 * Returns the comments on everything in the schema.
	 * @param session of a role that sees the schema
	 * @return each object with its comment, sorted
	 * @throws SQLException if a query fails
	 */
	static List<String> comments(Session session) throws SQLException {
		return session.values("""
				SELECT o.name || ': ' || d.description
				  FROM pg_description AS d,
				       pg_describe_object(d.classoid, d.objoid, d.objsubid) AS o (name)
				 WHERE o.name ~ '\\mpgdispatch\\M'
				 ORDER BY 1""");
	}

}
