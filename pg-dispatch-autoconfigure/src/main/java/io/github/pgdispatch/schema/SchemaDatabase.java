package io.github.pgdispatch.schema;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.util.Collection;
import java.util.function.Consumer;

import javax.sql.DataSource;

import io.github.pgdispatch.PgDispatchConfigurationException;

import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The database on one connection: a pool may have no second one, and a session's lock
 * belongs to it.
 */
final class SchemaDatabase {

	private static final int OLDEST_POSTGRESQL = 13;

	/**
	 * Long enough for a session that holds a lock by chance.
	 */
	private static final String LOCK_TIMEOUT = "2s";

	private final DataSource dataSource;

	private final JdbcOperations template;

	private final JdbcClient jdbc;

	private final TransactionTemplate transaction;

	private SchemaDatabase(Connection connection) {
		this.dataSource = new SingleConnectionDataSource(connection, true);
		this.template = new JdbcTemplate(this.dataSource);
		this.jdbc = JdbcClient.create(this.template);
		this.transaction = new TransactionTemplate(new JdbcTransactionManager(this.dataSource));
		// Under any other level a statement after the lock would still see what was there
		// before it.
		this.transaction.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
	}

	/**
	 * Does something with a connection that is given back afterwards.
	 */
	static void use(DataSource dataSource, Consumer<SchemaDatabase> action) {
		// Not through DataSourceUtils: with lazy beans, the thread may be in a
		// transaction.
		try (Connection connection = dataSource.getConnection()) {
			requirePostgresql(connection.getMetaData());
			action.accept(new SchemaDatabase(connection));
		}
		catch (SQLException ex) {
			throw new CannotGetJdbcConnectionException("No connection to look for the schema pgdispatch", ex);
		}
	}

	private static void requirePostgresql(DatabaseMetaData server) throws SQLException {
		if (!"PostgreSQL".equals(server.getDatabaseProductName())) {
			throw new PgDispatchConfigurationException(
					"pg-dispatch works with PostgreSQL, and the DataSource is connected to "
							+ server.getDatabaseProductName() + ".",
					"Configure a DataSource for PostgreSQL, or mark the one that is with @PgDispatchDataSource. "
							+ "Where the database is replaced in a test, use a PostgreSQL server for it.");
		}
		if (server.getDatabaseMajorVersion() < OLDEST_POSTGRESQL) {
			throw new PgDispatchConfigurationException(
					"pg-dispatch works with PostgreSQL " + OLDEST_POSTGRESQL
							+ " or newer, and the DataSource is connected to PostgreSQL "
							+ server.getDatabaseProductVersion() + ".",
					"Upgrade the server to PostgreSQL " + OLDEST_POSTGRESQL + " or newer.");
		}
	}

	/**
	 * For those who do their own transactions.
	 */
	DataSource dataSource() {
		return this.dataSource;
	}

	/**
	 * Does something in a transaction, of which the other methods become a part.
	 */
	void inTransaction(Runnable action) {
		this.transaction.executeWithoutResult((status) -> action.run());
	}

	SchemaState inspect(Collection<String> roles) {
		return this.transaction.execute((status) -> new SchemaInspector(this.jdbc, roles).inspect());
	}

	/**
	 * Runs SQL, of one or more statements, that may hold any character.
	 */
	void execute(String sql) {
		inTransaction(() -> this.template.execute(sql));
	}

	/**
	 * Calls a function for its effect.
	 */
	void select(String sql, Object parameter) {
		inTransaction(() -> this.jdbc.sql(sql).param(parameter).query().singleRow());
	}

	/**
	 * Does something in the current transaction that fails if it waits for a lock for too
	 * long.
	 */
	void withLockTimeout(Runnable action) {
		String timeout = this.jdbc.sql("SELECT pg_catalog.current_setting('lock_timeout')")
			.query(String.class)
			.single();
		select("SELECT pg_catalog.set_config('lock_timeout', ?, true)", LOCK_TIMEOUT);
		action.run();
		select("SELECT pg_catalog.set_config('lock_timeout', ?, true)", timeout);
	}

	/**
	 * Returns who holds the lock of the node that installs.
	 */
	SchemaLockHolder lockHolder() {
		return this.transaction.execute((status) -> this.jdbc.sql(SchemaLockHolder.QUERY)
			.param(SchemaLock.KEY)
			.query(SchemaLockHolder::of)
			.optional()
			.orElse(SchemaLockHolder.NOBODY));
	}

	void grantTo(Collection<String> quotedRoles) {
		inTransaction(() -> quotedRoles
			.forEach((role) -> this.jdbc.sql("CALL pgdispatch.grant_to(?::pg_catalog.regrole)").param(role).update()));
	}

}
