package io.github.pgdispatch.autoconfigure;

import java.util.concurrent.atomic.AtomicReference;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.Credentials;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.test.PostgresServer;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postgresql.ds.PGSimpleDataSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that the connections of the workers are opened with the credentials that the
 * application has at that time, and that the log says why they cannot be opened.
 */
@ExtendWith(OutputCaptureExtension.class)
class WorkerCredentialsTests {

	private static PostgresServer server;

	private TestDatabase database;

	private JdbcClient admin;

	private final AtomicReference<String> password = new AtomicReference<>("first");

	@BeforeAll
	static void start() {
		server = PostgresServer.start("fsync=off");
	}

	@AfterAll
	static void stop() {
		server.close();
	}

	/**
	 * Lets the role {@code app} log in with its password only.
	 */
	@BeforeEach
	void requirePassword() {
		this.database = server.createDatabase().install("postgres");
		this.admin = this.database.jdbc("postgres");
		String rules = this.admin.sql("SHOW hba_file").query(String.class).single();
		this.admin.sql("""
				COPY (SELECT unnest(ARRAY['local all all trust', 'host all app all scram-sha-256',
				                          'host all all all trust'])) TO '%s'""".formatted(rules)).update();
		this.admin.sql("CALL pgdispatch.grant_to('app')").update();
		changePassword("first");
		this.admin.sql("CREATE TABLE effect (name text); GRANT ALL ON effect TO app").update();
		this.admin.sql("SELECT pg_reload_conf()").query().singleRow();
	}

	private void changePassword(String changed) {
		this.admin.sql("ALTER ROLE app PASSWORD '" + changed + "'").update();
		this.password.set(changed);
	}

	@Test
	void passwordThatIsSetAtRunTime() {
		HikariDataSource pool = pool(new HikariDataSource());
		pool.setPassword("first");
		assertSurvivesChange(pool, () -> pool.setPassword("second"));
	}

	@Test
	void credentialsThatAreSetAtRunTime() {
		HikariDataSource pool = pool(new HikariDataSource());
		pool.setPassword("first");
		assertSurvivesChange(pool, () -> pool.setCredentials(Credentials.of("app", "second")));
	}

	@Test
	void credentialsOfASubclass() {
		assertSurvivesChange(pool(new HikariDataSource() {

			@Override
			public Credentials getCredentials() {
				return Credentials.of("app", WorkerCredentialsTests.this.password.get());
			}

		}), () -> {
		});
	}

	@Test
	void credentialsOfAProvider() {
		HikariDataSource pool = pool(new HikariDataSource());
		pool.setUsername("nobody");
		pool.setCredentialsProvider(() -> Credentials.of("app", this.password.get()));
		assertSurvivesChange(pool, () -> {
		});
	}

	@Test
	void passwordOfADataSourceThatIsNoPool() {
		PGSimpleDataSource dataSource = new PGSimpleDataSource();
		dataSource.setUrl(this.database.url());
		dataSource.setUser("app");
		dataSource.setPassword("first");
		assertSurvivesChange(dataSource, () -> dataSource.setPassword("second"));
	}

	@Test
	void credentialsInTheUrl() {
		HikariDataSource pool = new HikariDataSource();
		pool.setJdbcUrl(this.database.url() + "?user=app&password=first");
		application(pool).run(this::assertDispatches);
	}

	@Test
	void logSaysWhyThereIsNoConnection(CapturedOutput output) {
		HikariDataSource pool = pool(new HikariDataSource());
		pool.setPassword("first");
		application(pool).run((context) -> {
			assertDispatches(context);
			pool.setPassword("wrong");
			await().untilAsserted(() -> {
				// Again each time, because a session that is being opened has no role
				// yet.
				endSessions();
				assertThat(output.getOut().lines()).anySatisfy((line) -> assertThat(line).contains("WARN",
						"The database connection is still lost", "password authentication failed for user \"app\""));
			});
		});
	}

	private HikariDataSource pool(HikariDataSource pool) {
		pool.setJdbcUrl(this.database.url());
		pool.setUsername("app");
		pool.setMaximumPoolSize(2);
		return pool;
	}

	private ApplicationContextRunner application(DataSource dataSource) {
		return TestApplication.withoutDataSource()
			.withConfiguration(AutoConfigurations.of(PgDispatchAutoConfiguration.class))
			.withBean(DataSource.class, () -> dataSource)
			.withPropertyValues("pgdispatch.schema.mode=none", "pgdispatch.transaction=supports",
					"pgdispatch.driver=application");
	}

	private void assertSurvivesChange(DataSource dataSource, Runnable change) {
		application(dataSource).run((context) -> {
			assertDispatches(context);
			changePassword("second");
			change.run();
			endSessions();
			assertDispatches(context);
		});
	}

	private void endSessions() {
		this.admin.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'")
			.query()
			.listOfRows();
	}

	private void assertDispatches(ApplicationContext context) {
		this.admin.sql("TRUNCATE effect").update();
		await().ignoreExceptions()
			.untilAsserted(
					() -> context.getBean(PgDispatchTemplate.class).fire("INSERT INTO public.effect VALUES ('fired')"));
		await().untilAsserted(() -> assertThat(this.admin.sql("SELECT name FROM effect").query(String.class).list())
			.contains("fired"));
	}

}
