package io.github.pgdispatch.autoconfigure;

import java.util.Map;

import javax.sql.DataSource;

import io.github.pgdispatch.PgDispatchConfigurationException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

import org.springframework.aop.framework.ProxyFactory;
import org.springframework.aop.target.SingletonTargetSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.IsolationLevelDataSourceAdapter;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.jdbc.datasource.lookup.IsolationLevelDataSourceRouter;

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

	@Test
	void oneThatRoutesToSeveralOthersIsRefusedBehindAnyProxy() {
		assertRefused(routing());
		assertRefused(withTargets(new IsolationLevelDataSourceRouter(), "ISOLATION_DEFAULT", "ISOLATION_SERIALIZABLE"));
		assertRefused(new LazyConnectionDataSourceProxy(routing()));
		assertRefused(new TransactionAwareDataSourceProxy(new DelegatingDataSource(routing())));
		assertRefused(new IsolationLevelDataSourceAdapter() {
			{
				setTargetDataSource(routing());
			}
		});
		assertRefused((DataSource) new ProxyFactory(routing()).getProxy());
		ProxyFactory ofInterfaces = new ProxyFactory(DataSource.class, new SingletonTargetSource(routing()));
		assertRefused((DataSource) ofInterfaces.getProxy());
	}

	@Test
	void oneThatRoutesToSeveralOthersMayBeAllowed() {
		this.application.withBean("routing", DataSource.class, SelectedDataSourceTests::routing)
			.withPropertyValues("pgdispatch.allow-routing-data-source=true")
			.run((context) -> assertThat(context.getBean(SelectedDataSource.class).get())
				.isSameAs(context.getBean("routing")));
	}

	@Test
	void tenantsNeedOneThatRoutesToSeveralOthers() {
		AbstractRoutingDataSource routing = routing();
		assertThat(RoutingDataSources.require(routing)).isSameAs(routing);
		assertThat(RoutingDataSources.require(new LazyConnectionDataSourceProxy(routing))).isSameAs(routing);
		assertThatExceptionOfType(PgDispatchConfigurationException.class)
			.isThrownBy(() -> RoutingDataSources.require(new LazyConnectionDataSourceProxy(new PGSimpleDataSource())))
			.satisfies((ex) -> {
				assertThat(ex.getDescription()).contains("TenantContext", "is no AbstractRoutingDataSource");
				assertThat(ex.getAction()).contains("Remove that bean");
			});
	}

	@Test
	void proxyOfOneDataSourceIsAccepted() {
		DataSource proxy = new LazyConnectionDataSourceProxy(new PGSimpleDataSource());
		this.application.withBean("proxy", DataSource.class, () -> proxy)
			.run((context) -> assertThat(context.getBean(SelectedDataSource.class).get()).isSameAs(proxy));
	}

	private void assertRefused(DataSource dataSource) {
		this.application.withBean("dataSource", DataSource.class, () -> dataSource)
			.run((context) -> assertThatExceptionOfType(PgDispatchConfigurationException.class)
				.isThrownBy(() -> context.getBean(SelectedDataSource.class).get())
				.satisfies((ex) -> {
					assertThat(ex.getDescription()).contains("routes to several others", "would never run");
					assertThat(ex.getAction()).contains("a bean of type TenantContext",
							"pgdispatch.allow-routing-data-source=true");
				}));
	}

	/**
	 * Returns a {@code DataSource} without a default: outside of a request for a tenant,
	 * it has no target.
	 */
	private static AbstractRoutingDataSource routing() {
		return withTargets(new AbstractRoutingDataSource() {
			@Override
			protected @Nullable Object determineCurrentLookupKey() {
				return null;
			}
		}, "one", "two");
	}

	private static AbstractRoutingDataSource withTargets(AbstractRoutingDataSource routing, String one,
			String another) {
		routing.setTargetDataSources(Map.of(one, new PGSimpleDataSource(), another, new PGSimpleDataSource()));
		routing.afterPropertiesSet();
		return routing;
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
