package io.github.pgdispatch.autoconfigure;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.annotation.HandlerMethods;
import io.github.pgdispatch.driver.ApplicationDriver;
import io.github.pgdispatch.driver.HandlerDriver;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that only a method whose body is run needs Jackson, and needs one mapper.
 */
@PostgresTest
class HandlersWithoutJacksonTests {

	private JdbcClient jdbc;

	private ApplicationContextRunner application;

	@BeforeEach
	void application(TestDatabase database) {
		this.jdbc = database.jdbc("app");
		this.jdbc.sql("CREATE TABLE effect (name text)").update();
		this.application = TestApplication.of(database)
			.withConfiguration(AutoConfigurations.of(PgDispatchAutoConfiguration.class))
			.withPropertyValues("pgdispatch.schema.mode=jdbc", "pgdispatch.driver=application");
	}

	@Test
	void sqlRunsWithoutJackson() {
		this.application.withClassLoader(new FilteredClassLoader("tools.jackson"))
			.withBean(WithSql.class)
			.run((context) -> {
				assertThat(context).hasSingleBean(PgDispatchTemplate.class)
					.hasSingleBean(ApplicationDriver.class)
					.doesNotHaveBean(HandlerMethods.class)
					.doesNotHaveBean(HandlerDriver.class);
				new TransactionTemplate(context.getBean(PlatformTransactionManager.class))
					.executeWithoutResult((status) -> context.getBean(WithSql.class).call("called"));
				await().untilAsserted(() -> assertThat(this.jdbc.sql("SELECT name FROM effect").query().singleColumn())
					.containsExactly("called"));
			});
	}

	@Test
	void bodyWithoutJacksonIsRefusedAndToldWhatToAdd() {
		assertRefused(
				this.application.withClassLoader(new FilteredClassLoader("tools.jackson")).withBean(WithBody.class),
				"WithBody.call() needs Jackson", "Jackson 3 is not on the class path", "spring-boot-starter-jackson");
	}

	@Test
	void mapperHasToBeTheOnlyOneOrPrimary() {
		ApplicationContextRunner two = this.application.withBean("one", JsonMapper.class, JsonMapper::new)
			.withBean("two", JsonMapper.class, JsonMapper::new);
		two.run((context) -> assertThat(context).hasNotFailed());
		assertRefused(two.withBean(WithBody.class), "there are several to choose from: one, two", "@Primary");
		this.application.withBean("one", JsonMapper.class, JsonMapper::new)
			.withBean("two", JsonMapper.class, JsonMapper::new, (definition) -> definition.setPrimary(true))
			.withBean(WithBody.class)
			.run((context) -> assertThat(context).hasNotFailed());
	}

	private static void assertRefused(ApplicationContextRunner application, String... reasonsAndAction) {
		int last = reasonsAndAction.length - 1;
		application.run((context) -> assertThat(context).getFailure()
			.extracting(NestedExceptionUtils::getMostSpecificCause)
			.isInstanceOfSatisfying(PgDispatchConfigurationException.class, (ex) -> {
				for (int i = 0; i < last; i++) {
					assertThat(ex.getDescription()).contains(reasonsAndAction[i]);
				}
				assertThat(ex.getAction()).contains(reasonsAndAction[last]);
			}));
	}

	// Public, since the proxy is of another class loader.
	public static class WithSql {

		@AfterCommitDispatch("INSERT INTO effect VALUES (:name)")
		public void call(String name) {
		}

	}

	static class WithBody {

		@AfterCommitDispatch
		void call() {
		}

	}

}
