package io.github.pgdispatch.schema;

import java.sql.ResultSet;
import java.sql.SQLException;

import org.jspecify.annotations.Nullable;

/**
 * Who holds the {@link SchemaLock}.
 *
 * @param pid of the session; {@code null} for a prepared transaction
 * @param role of the session, quoted as SQL needs it
 * @param preparedTransaction the name of a prepared transaction, as a literal
 * @param mayInstall whether the role could install the schema, so that it probably does
 */
record SchemaLockHolder(@Nullable Integer pid, @Nullable String role, @Nullable String preparedTransaction,
		boolean mayInstall) {

	/**
	 * Nobody, if the holder has just released the lock.
	 */
	static final SchemaLockHolder NOBODY = new SchemaLockHolder(null, null, null, true);

	/**
	 * A role that could not install comes first, as several sessions may share the lock.
	 * A prepared transaction has no session, and a lock on its number.
	 */
	static final String QUERY = """
			SELECT l.pid, pg_catalog.quote_ident(a.usename) AS role, pg_catalog.quote_literal(x.gid) AS prepared,
			       coalesce(pg_catalog.has_database_privilege(a.usesysid, l.database, 'CREATE')
			                OR pg_catalog.pg_has_role(a.usesysid, n.nspowner, 'MEMBER'), false) AS may_install
			  FROM pg_catalog.pg_locks AS l
			  LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid OPERATOR(pg_catalog.=) l.pid
			  LEFT JOIN pg_catalog.pg_locks AS t
			    ON l.pid IS NULL AND t.pid IS NULL AND t.locktype OPERATOR(pg_catalog.=) 'transactionid' AND t.virtualtransaction OPERATOR(pg_catalog.=) l.virtualtransaction
			  LEFT JOIN pg_catalog.pg_prepared_xacts AS x ON x.transaction OPERATOR(pg_catalog.=) t.transactionid
			  LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname OPERATOR(pg_catalog.=) 'pgdispatch'
			 WHERE l.locktype OPERATOR(pg_catalog.=) 'advisory'
			   AND l.granted
			   AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
			   AND l.classid OPERATOR(pg_catalog.=) (?::pg_catalog.int8 OPERATOR(pg_catalog.>>) 32)::pg_catalog.oid
			   AND l.objid OPERATOR(pg_catalog.=) '0'::pg_catalog.oid
			   AND l.objsubid OPERATOR(pg_catalog.=) 1
			 ORDER BY may_install
			 LIMIT 1""";

	static SchemaLockHolder of(ResultSet row, int rowNumber) throws SQLException {
		return new SchemaLockHolder(row.getObject("pid", Integer.class), row.getString("role"),
				row.getString("prepared"), row.getBoolean("may_install"));
	}

	String description() {
		if (this.pid == null) {
			return (this.preparedTransaction != null) ? "the prepared transaction " + this.preparedTransaction
					: "somebody";
		}
		return "the session " + this.pid + " of the role " + this.role;
	}

	String remedy() {
		if (this.pid == null) {
			return (this.preparedTransaction != null) ? "ROLLBACK PREPARED " + this.preparedTransaction + ";"
					: "see pg_locks.";
		}
		return "SELECT pg_terminate_backend(" + this.pid + ");";
	}

}
