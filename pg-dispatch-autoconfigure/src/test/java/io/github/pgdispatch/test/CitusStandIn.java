package io.github.pgdispatch.test;

/**
 * What a database shows of Citus without having it: the row of its extension.
 */
public final class CitusStandIn {

	private CitusStandIn() {
	}

	/**
	 * Makes a database look as if it had Citus.
	 * @param database to change
	 */
	public static void add(TestDatabase database) {
		database.jdbc("postgres").sql("""
				INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
				SELECT 4294967000, 'citus', r.oid, 'pg_catalog'::regnamespace, false, '14.0-1'
				  FROM pg_roles AS r
				 WHERE r.rolname = CURRENT_USER
				""").update();
	}

}
