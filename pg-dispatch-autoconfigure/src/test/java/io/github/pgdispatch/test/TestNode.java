package io.github.pgdispatch.test;

import java.time.Duration;
import java.util.List;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.driver.ApplicationDriver;
import io.github.pgdispatch.driver.DriverListener;
import io.github.pgdispatch.driver.DriverSettings;
import io.github.pgdispatch.driver.ResultWatch;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * A node of an application: a pool, a driver and a template. A {@code main} of its own
 * lets it be a JVM that can be killed.
 */
public final class TestNode implements AutoCloseable {

	/**
	 * What its workers call themselves in {@code pg_stat_activity}.
	 */
	public static final String WORKER = "test-worker";

	private final HikariDataSource application;

	private final HikariDataSource workers;

	private final ApplicationDriver driver;

	private final ResultWatch results;

	private final PgDispatchTemplate template;

	private final TransactionTemplate transaction;

	private TestNode(String url, DriverSettings settings, DriverListener... listeners) {
		this.application = pool(url, "test-application", 16);
		this.workers = pool(url, WORKER, settings.threads() + 2);
		CustomizableThreadFactory threads = new CustomizableThreadFactory("pg-dispatch-");
		this.driver = new ApplicationDriver(this.workers, threads, settings, () -> List.of(listeners));
		this.results = new ResultWatch(this.workers, threads, settings.pollInterval(), settings.listen());
		JdbcTransactionManager transactionManager = new JdbcTransactionManager(this.application);
		this.template = PgDispatchTemplate.builder(this.application, transactionManager)
			.listener(this.driver)
			.results(this.results)
			.build();
		this.transaction = new TransactionTemplate(transactionManager);
	}

	public static TestNode start(String url, DriverSettings settings, DriverListener... listeners) {
		TestNode node = new TestNode(url, settings, listeners);
		node.driver.start();
		return node;
	}

	public static TestNode start(TestDatabase database, int threads, DriverListener... listeners) {
		return start(database.url(), new DriverSettings(threads, Duration.ofSeconds(1), true), listeners);
	}

	private static HikariDataSource pool(String url, String name, int size) {
		HikariConfig config = new HikariConfig();
		config.setJdbcUrl(url);
		config.setUsername("app");
		config.setMaximumPoolSize(size);
		config.setMinimumIdle(0);
		config.setInitializationFailTimeout(-1);
		config.setConnectionTimeout(5_000);
		config.addDataSourceProperty("ApplicationName", name);
		// Otherwise the driver sets the name in the session, where the executor resets
		// it.
		config.addDataSourceProperty("assumeMinServerVersion", "13");
		return new HikariDataSource(config);
	}

	public DataSource dataSource() {
		return this.application;
	}

	public JdbcClient jdbc() {
		return JdbcClient.create(this.application);
	}

	public PgDispatchTemplate template() {
		return this.template;
	}

	public TransactionTemplate transaction() {
		return this.transaction;
	}

	public ApplicationDriver driver() {
		return this.driver;
	}

	@Override
	public void close() {
		this.driver.stop();
		this.results.stop();
		this.workers.close();
		this.application.close();
	}

	/**
	 * Runs a node until the JVM is killed.
	 * @param arguments URL of the database, and number of threads
	 * @throws InterruptedException never
	 */
	public static void main(String[] arguments) throws InterruptedException {
		start(arguments[0], new DriverSettings(Integer.parseInt(arguments[1]), Duration.ofSeconds(1), true));
		Thread.sleep(Duration.ofMinutes(5).toMillis());
	}

}
