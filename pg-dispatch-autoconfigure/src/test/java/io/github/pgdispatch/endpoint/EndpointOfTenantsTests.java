package io.github.pgdispatch.endpoint;

import java.util.HashMap;
import java.util.Map;

import javax.sql.DataSource;

import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.TenantContext;
import io.github.pgdispatch.test.Browser;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.WebApplicationType;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the endpoint and the dashboard of an application with a database for each
 * tenant.
 */
@PostgresTest
class EndpointOfTenantsTests {

	private static EndpointApplication application;

	private static TestDatabase other;

	@BeforeAll
	static void start(TestDatabase database) {
		other = database.another();
		dispatch(database.install("app"), "invoice");
		dispatch(other.install("app"), "birthday");
		application = EndpointApplication.start(database, WebApplicationType.SERVLET, Tenants.class,
				"other=" + other.url(), "management.endpoint.pgdispatch.access=unrestricted",
				"management.endpoint.pgdispatch.ui.enabled=true");
	}

	@AfterAll
	static void stop() {
		application.close();
	}

	private static void dispatch(TestDatabase database, String label) {
		database.jdbc("app")
			.sql("SELECT pgdispatch.dispatch('SELECT 1', '1 hour', label => ?)")
			.param(label)
			.query(Long.class)
			.single();
	}

	@Test
	void answerIsThatOfTheTenant() {
		EndpointClient client = new EndpointClient(application.url("/actuator/pgdispatch"), "");
		assertThat(client.read("").get("database").stringValue()).isEqualTo("acme");
		assertThat(client.read("").get("databases")).hasSize(10);
		assertThat(client.get("/jobs").text()).contains("invoice").doesNotContain("birthday");
		assertThat(client.get("/jobs?database=other").text()).contains("birthday").doesNotContain("invoice");
		assertThat(client.get("/jobs?database=stock").error(404)).contains("There are acme, gone0");
	}

	@Test
	void changeIsMadeInTheDatabaseOfTheTenant() {
		EndpointClient client = new EndpointClient(application.url("/actuator/pgdispatch"), "");
		assertThat(client.post("/pauses", "{'action': 'pause', 'all': true, 'database': 'other'}").status())
			.isEqualTo(200);
		assertThat(client.read("?database=other").get("status").get("paused").booleanValue()).isTrue();
		assertThat(client.read("").get("status").get("paused").booleanValue()).isFalse();
		assertThat(other.jdbc("app").sql("SELECT action FROM pgdispatch.operator_action").query(String.class).list())
			.containsExactly("pause");
	}

	@Test
	void dashboardLetsOneOfManyTenantsBeChosen() {
		Dashboard dashboard = new Dashboard(Browser.open(), application.url(""));
		try {
			dashboard.open("jobs").awaitText("invoice");
			dashboard.browser().findElement(By.cssSelector("select.databases option[value=other]")).click();
			dashboard.awaitText("birthday");
			assertThat(dashboard.browser().getCurrentUrl()).contains("database=other");
			dashboard.browser().findElement(By.linkText("Jobs")).click();
			dashboard.awaitText("birthday");
		}
		finally {
			dashboard.browser().quit();
		}
	}

	@Configuration(proxyBeanMethods = false)
	@Import(EndpointSecurity.None.class)
	static class Tenants {

		@Bean
		TenantContext tenantContext() {
			ThreadLocal<@Nullable Object> current = new ThreadLocal<>();
			return new TenantContext() {

				@Override
				public @Nullable Object current() {
					return current.get();
				}

				@Override
				public DispatchPropagator.Scope open(@Nullable Object tenant) {
					Object before = current.get();
					current.set(tenant);
					return () -> current.set(before);
				}

			};
		}

		/**
		 * Has more tenants than tabs have place.
		 */
		@Bean
		DataSource dataSource(TenantContext context, @Value("${spring.datasource.url}") String acme,
				@Value("${other}") String other) {
			AbstractRoutingDataSource routing = new AbstractRoutingDataSource() {

				@Override
				protected @Nullable Object determineCurrentLookupKey() {
					return context.current();
				}

			};
			Map<Object, Object> targets = new HashMap<>();
			targets.put("acme", new DriverManagerDataSource(acme, "app", ""));
			targets.put("other", new DriverManagerDataSource(other, "app", ""));
			for (int number = 0; number < 8; number++) {
				targets.put("gone" + number, new DriverManagerDataSource(acme + "_gone" + number, "app", ""));
			}
			routing.setTargetDataSources(targets);
			return routing;
		}

	}

}
