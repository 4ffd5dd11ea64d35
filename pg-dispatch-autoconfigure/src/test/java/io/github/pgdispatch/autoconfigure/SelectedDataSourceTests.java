package io.github.pgdispatch.autoconfigure;

import javax.sql.DataSource;

import io.github.pgdispatch.PgDispatchConfigurationException;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link SelectedDataSource}.
 */
class SelectedDataSourceTests {

	private final ApplicationContextRunner application = new ApplicationContextRunner()
		.withBean(SelectedDataSource.class);

	@Test
	void theOnlyOne() {
		assertSelected("dataSource", Only.class);
	}

	@Test
	void thePrimaryOne() {
		assertSelected("primary", Only.class, Primaries.class);
	}

	@Test
	void theMarkedOneEvenIfAnotherIsPrimary() {
		assertSelected("marked", Only.class, Primaries.class, Marked.class);
	}

	@Test
	void theMarkedOneEvenIfNobodyElseIsToFindIt() {
		assertSelected("hidden", Only.class, Hidden.class);
	}

	@Test
	void severalUnmarkedOnesAreNamed() {
		this.application.withUserConfiguration(Only.class, Another.class)
			.run((context) -> assertThatExceptionOfType(PgDispatchConfigurationException.class)
				.isThrownBy(() -> context.getBean(SelectedDataSource.class).get())
				.satisfies((ex) -> {
					assertThat(ex.getDescription()).contains("several to choose from: dataSource, another.");
					assertThat(ex.getAction()).contains("with @PgDispatchDataSource");
				}));
	}

	@Test
	void severalMarkedOnesAreNamed() {
		this.application.withUserConfiguration(Only.class, Marked.class, AlsoMarked.class)
			.run((context) -> assertThatExceptionOfType(PgDispatchConfigurationException.class)
				.isThrownBy(() -> context.getBean(SelectedDataSource.class).get())
				.satisfies((ex) -> assertThat(ex.getDescription())
					.contains("several to choose from: marked, alsoMarked.")));
	}

	private void assertSelected(String name, Class<?>... configurations) {
		this.application.withUserConfiguration(configurations)
			.run((context) -> assertThat(context.getBean(SelectedDataSource.class).get())
				.isSameAs(context.getBean(name)));
	}

	@Configuration(proxyBeanMethods = false)
	static class Only {

		@Bean
		DataSource dataSource() {
			return new PGSimpleDataSource();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Another {

		@Bean
		DataSource another() {
			return new PGSimpleDataSource();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Primaries {

		@Bean
		@Primary
		DataSource primary() {
			return new PGSimpleDataSource();
		}

	}

	@Configuration(proxyBeanMethods = false)
	@Import(Another.class)
	static class Marked {

		@Bean
		@PgDispatchDataSource
		DataSource marked() {
			return new PGSimpleDataSource();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class AlsoMarked {

		@Bean
		@PgDispatchDataSource
		DataSource alsoMarked() {
			return new PGSimpleDataSource();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Hidden {

		@Bean(defaultCandidate = false)
		@PgDispatchDataSource
		DataSource hidden() {
			return new PGSimpleDataSource();
		}

	}

}
