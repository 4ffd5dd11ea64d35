package io.github.pgdispatch.autoconfigure;

import javax.sql.DataSource;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the schema is installed by the right one of several {@code DataSource}s.
 */
@PostgresTest
class SeveralDataSourcesTests {

	@Test
	void markedOneInstalls(TestDatabase database) {
		application(database).withUserConfiguration(Unmarked.class, Marked.class).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(database.jdbc("app")
				.sql("SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'pgdispatch'")
				.query(String.class)
				.single()).isEqualTo("app");
		});
	}

	@Test
	void applicationDoesNotStartIfNoneIsMarked(TestDatabase database) {
		application(database).withUserConfiguration(Unmarked.class, AlsoUnmarked.class)
			.run((context) -> assertThat(context).getFailure()
				.hasStackTraceContaining(PgDispatchConfigurationException.class.getName()
						+ ": pg-dispatch cannot tell which DataSource to use, as there are several to choose from: "
						+ "unmarked, alsoUnmarked."));
	}

	private static ApplicationContextRunner application(TestDatabase database) {
		return TestApplication.withoutDataSource().withBean(TestDatabase.class, () -> database);
	}

	@Configuration(proxyBeanMethods = false)
	static class Unmarked {

		@Bean
		DataSource unmarked(TestDatabase database) {
			return database.dataSource("postgres");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class AlsoUnmarked {

		@Bean
		DataSource alsoUnmarked(TestDatabase database) {
			return database.dataSource("app");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Marked {

		@Bean
		@PgDispatchDataSource
		DataSource marked(TestDatabase database) {
			return database.dataSource("app");
		}

	}

}
