package io.github.pgdispatch.test;

/**
 * A database in which a role has installed the schema, and which is copied for tests. To
 * copy it takes a fifth of the time that it takes to run the script.
 *
 * @param database that is copied, which nobody uses otherwise
 * @param role that installed the schema
 */
record InstalledTemplate(TestDatabase database, String role) {

	/**
	 * A database whose copy would differ from one in which the script is run now: a test
	 * has done something in it, or for it, or for all databases.
	 */
	private static final String SAME_AS_TEMPLATE = """
			SELECT count(*) = 2 AND count(DISTINCT (encoding, datcollate, datctype, datacl::text)) = 1
			   AND NOT EXISTS (SELECT FROM pg_class WHERE oid >= 16384)
			   AND NOT EXISTS (SELECT FROM pg_proc WHERE oid >= 16384)
			   AND NOT EXISTS (SELECT FROM pg_type WHERE oid >= 16384)
			   AND NOT EXISTS (SELECT FROM pg_operator WHERE oid >= 16384)
			   AND NOT EXISTS (SELECT FROM pg_namespace WHERE oid >= 16384)
			   AND NOT EXISTS (SELECT FROM pg_event_trigger)
			   AND NOT EXISTS (SELECT FROM pg_default_acl)
			   AND NOT EXISTS (SELECT FROM pg_db_role_setting)
			   AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = ? AND pid <> pg_backend_pid())
			   AND current_setting('server_version_num')::int >= 150000
			  FROM pg_database
			 WHERE datname IN (?, ?)""";

	/**
	 * Returns the template of a role.
	 * @param port of the server
	 */
	static InstalledTemplate of(int port, String role) {
		return new InstalledTemplate(new TestDatabase(port, "installed_by_" + role), role);
	}

	/**
	 * Makes the template on a server that has none.
	 */
	void create() {
		this.database.create();
		this.database.runScript(this.role);
	}

	/**
	 * Replaces a database by a copy of the template, if it is as the template was before
	 * the schema was installed.
	 * @param other the database, on the same server
	 * @return whether the database has been replaced
	 */
	boolean replace(TestDatabase other) {
		if (!isSame(other)) {
			return false;
		}
		other.drop();
		other.createFrom(this.database.name());
		return true;
	}

	private boolean isSame(TestDatabase other) {
		return other.jdbc("postgres")
			.sql(SAME_AS_TEMPLATE)
			.params(other.name(), other.name(), this.database.name())
			.query(Boolean.class)
			.single();
	}

}
