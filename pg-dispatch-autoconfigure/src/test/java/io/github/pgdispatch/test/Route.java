package io.github.pgdispatch.test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import static org.awaitility.Awaitility.await;

/**
 * How the nodes of a test reach its database: directly, or through a PgBouncer that pools
 * transactions. The test itself is always connected directly.
 */
public final class Route implements AutoCloseable {

	private final TestDatabase database;

	private final @Nullable PgBouncer pooler;

	private final List<String> properties;

	private Route(TestDatabase database, @Nullable PgBouncer pooler, List<String> properties) {
		this.database = database;
		this.pooler = pooler;
		this.properties = properties;
	}

	/**
	 * Nodes without a pooler.
	 */
	public static Route direct(TestDatabase database) {
		return new Route(database, null, List.of());
	}

	/**
	 * Nodes whose application uses prepared statements through a pooler, and whose
	 * workers have a connection of their own.
	 * @param host where the server runs
	 * @param server in which a new database is created, without pg_cron
	 */
	public static Route besidePgBouncer(PgCronHost host, PgCronServer server) {
		TestDatabase database = server.database().another();
		PgBouncer pooler = start(host, server, "max_prepared_statements=100");
		return new Route(database, pooler, List.of(url(pooler, database), prepareThreshold(1),
				"pgdispatch.worker.datasource.url=" + database.url()));
	}

	/**
	 * Nodes all of whose connections lead through a pooler, without prepared statements.
	 * No node is notified.
	 * @param host where the server runs
	 * @param server in which a new database is created, without pg_cron
	 */
	public static Route throughPgBouncer(PgCronHost host, PgCronServer server) {
		TestDatabase database = server.database().another();
		PgBouncer pooler = start(host, server, "max_prepared_statements=0");
		return new Route(database, pooler,
				List.of(url(pooler, database), prepareThreshold(0), "pgdispatch.worker.poll-interval=500ms"));
	}

	private static PgBouncer start(PgCronHost host, PgCronServer server, String preparedStatements) {
		return PgBouncer.start(host, server, "pool_mode=transaction", "default_pool_size=20", preparedStatements);
	}

	private static String url(PgBouncer pooler, TestDatabase database) {
		return "spring.datasource.url=" + pooler.database(database.name()).url();
	}

	private static String prepareThreshold(int executions) {
		return "spring.datasource.hikari.data-source-properties.prepareThreshold=" + executions;
	}

	/**
	 * Returns the database, as the test reaches it.
	 */
	public TestDatabase database() {
		return this.database;
	}

	/**
	 * Returns whether nodes share sessions of the server.
	 */
	public boolean isPooled() {
		return this.pooler != null;
	}

	/**
	 * Returns properties of a node.
	 * @param more properties, which take precedence
	 */
	String[] properties(String... more) {
		List<String> all = new ArrayList<>(this.properties);
		all.addAll(List.of(more));
		return all.toArray(String[]::new);
	}

	/**
	 * Waits until the server does nothing more for a node that was killed. A pooler keeps
	 * the sessions, which have the name of whoever has used them last.
	 * @param node the name of the node
	 */
	public void awaitEndOf(String node) {
		PgBouncer pooler = this.pooler;
		if (pooler != null) {
			await().until(() -> !pooler.hasClient(node));
		}
		await().pollInterval(Duration.ofMillis(20))
			.until(() -> this.database.jdbc("postgres")
				.sql("""
						SELECT count(*)
						  FROM pg_stat_activity
						 WHERE datname = current_database() AND starts_with(application_name, ?) AND (state <> 'idle' OR NOT ?)""")
				.params(node, isPooled())
				.query(Integer.class)
				.single() == 0);
	}

	@Override
	public void close() {
		if (this.pooler != null) {
			this.pooler.close();
		}
	}

}
