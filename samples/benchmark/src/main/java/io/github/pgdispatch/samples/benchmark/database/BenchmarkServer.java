package io.github.pgdispatch.samples.benchmark.database;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import io.github.pgdispatch.test.GivenDatabase;
import io.github.pgdispatch.test.PgBouncer;
import io.github.pgdispatch.test.PgCronHost;
import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.TestDatabase;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * The server that everything is measured on. What is compared has a database of its own,
 * each with a role {@code app}.
 */
public final class BenchmarkServer implements AutoCloseable {

	private final TestDatabase cronDatabase;

	private final Supplier<@Nullable PgBouncer> poolers;

	private final Runnable end;

	private final JdbcTemplate postgres;

	private final AtomicInteger databases = new AtomicInteger();

	private BenchmarkServer(TestDatabase cronDatabase, Supplier<@Nullable PgBouncer> poolers, Runnable end) {
		this.cronDatabase = cronDatabase;
		this.poolers = poolers;
		this.end = end;
		this.postgres = jdbc(cronDatabase, "postgres");
	}

	/**
	 * Uses a server that is there.
	 * @param url the address of its database with pg_cron, on this machine; the roles
	 * {@code postgres} and {@code app} need no password
	 * @return the server, of which only what was made is removed in the end
	 */
	public static BenchmarkServer at(String url) {
		return new BenchmarkServer(GivenDatabase.at(url), () -> null, () -> {
		});
	}

	/**
	 * Starts a server as it is when it is installed, but for what is kept in memory: each
	 * commit is on the disk when it is answered.
	 * @param host where it is to run
	 * @return the server, which is to be closed
	 */
	public static BenchmarkServer start(PgCronHost host) {
		PgCronServer server = PgCronServer.start(host, "fsync=on", "shared_buffers=1GB", "max_wal_size=8GB",
				"checkpoint_timeout=15min", "shared_preload_libraries=pg_cron,pg_stat_statements",
				"pg_stat_statements.track=top");
		return new BenchmarkServer(server.database(), () -> PgBouncer.start(host, server, "pool_mode=transaction",
				"default_pool_size=40", "max_prepared_statements=100"), server::close);
	}

	/**
	 * Creates an empty database.
	 * @return the database, which has no pg_cron
	 */
	public TestDatabase createDatabase() {
		String name = "benchmark_" + this.databases.incrementAndGet();
		this.postgres.execute("CREATE DATABASE " + name + " OWNER app");
		TestDatabase database = new TestDatabase(this.cronDatabase.port(), name);
		jdbc(database, "postgres").execute("GRANT ALL ON SCHEMA public TO app");
		return database;
	}

	/**
	 * Creates a database with the schema, which its role {@code app} owns.
	 * @return the database
	 */
	public TestDatabase createDatabaseWithSchema() {
		return createDatabase().install("app");
	}

	/**
	 * The processor time of this virtual machine and of the server.
	 * @return what reads it
	 * @throws IllegalStateException if the server does not run on this machine
	 */
	public CpuTime cpuTime() {
		CpuTime cpuTime = this.postgres.execute((ConnectionCallback<CpuTime>) (connection) -> CpuTime
			.of(connection.unwrap(PGConnection.class).getBackendPID()));
		return Objects.requireNonNull(cpuTime);
	}

	/**
	 * Starts a PgBouncer that pools transactions and knows prepared statements.
	 * @return the pooler, which is to be closed; {@code null} if the server is not the
	 * benchmark's own
	 */
	public @Nullable PgBouncer startPooler() {
		return this.poolers.get();
	}

	/**
	 * Forgets a database.
	 * @param database that is not needed any more
	 */
	public void drop(TestDatabase database) {
		this.postgres.execute("DROP DATABASE " + database.name() + " WITH (FORCE)");
	}

	/**
	 * The database with pg_cron.
	 * @return the only one, which is as others have left it
	 */
	public TestDatabase cronDatabase() {
		return this.cronDatabase;
	}

	public static JdbcTemplate jdbc(TestDatabase database, String role) {
		return new JdbcTemplate(database.dataSource(role));
	}

	@Override
	public void close() {
		this.end.run();
	}

}
