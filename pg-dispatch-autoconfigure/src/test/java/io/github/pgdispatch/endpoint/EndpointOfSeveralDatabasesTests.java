package io.github.pgdispatch.endpoint;

import javax.sql.DataSource;

import io.github.pgdispatch.autoconfigure.PgDispatchDataSource;
import io.github.pgdispatch.test.Browser;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.WebApplicationType;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the endpoint and the dashboard of an application with two databases.
 */
@PostgresTest
class EndpointOfSeveralDatabasesTests {

	private static EndpointApplication application;

	private static TestDatabase customers;

	@BeforeAll
	static void start(TestDatabase database) {
		customers = database.another();
		application = EndpointApplication.start(database, WebApplicationType.SERVLET, TwoDatabases.class,
				"customers=" + customers.url(), "management.endpoint.pgdispatch.access=unrestricted",
				"management.endpoint.pgdispatch.ui.enabled=true");
		dispatch(database, "invoice");
		dispatch(customers, "birthday");
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
	void answerIsThatOfTheDatabase() {
		EndpointClient client = new EndpointClient(application.url("/actuator/pgdispatch"), "");
		assertThat(client.read("").get("database").stringValue()).isEqualTo("orders");
		assertThat(client.read("").get("databases")).hasToString("[\"orders\",\"customers\"]");
		assertThat(client.get("/jobs").text()).contains("invoice").doesNotContain("birthday");
		assertThat(client.get("/jobs?database=customers").text()).contains("birthday").doesNotContain("invoice");
		assertThat(client.read("?database=customers").get("node").get("drivers")).hasSize(2);
		assertThat(client.get("/jobs?database=stock").error(404)).contains("There are orders, customers");
	}

	@Test
	void changeIsMadeInTheDatabase() {
		EndpointClient client = new EndpointClient(application.url("/actuator/pgdispatch"), "");
		assertThat(client.post("/pauses", "{'action': 'pause', 'all': true, 'database': 'customers'}").status())
			.isEqualTo(200);
		assertThat(client.read("?database=customers").get("status").get("paused").booleanValue()).isTrue();
		assertThat(client.read("").get("status").get("paused").booleanValue()).isFalse();
		assertThat(
				customers.jdbc("app").sql("SELECT action FROM pgdispatch.operator_action").query(String.class).list())
			.containsExactly("pause");
	}

	@Test
	void dashboardHasATabForEachDatabase() {
		Dashboard dashboard = new Dashboard(Browser.open(), application.url(""));
		try {
			dashboard.open("jobs").awaitText("invoice");
			choose(dashboard, "customers");
			dashboard.awaitText("birthday");
			choose(dashboard, "orders");
			dashboard.awaitText("invoice");
		}
		finally {
			dashboard.browser().quit();
		}
	}

	private static void choose(Dashboard dashboard, String database) {
		dashboard.browser().findElement(By.linkText(database)).click();
		await().ignoreExceptions().until(() -> dashboard.find(".databases [aria-current]").getText().equals(database));
		dashboard.browser().findElement(By.linkText("Jobs")).click();
	}

	@Configuration(proxyBeanMethods = false)
	@Import(EndpointSecurity.None.class)
	static class TwoDatabases {

		@Bean
		@PgDispatchDataSource
		DataSource orders(@Value("${spring.datasource.url}") String url) {
			return new DriverManagerDataSource(url, "app", "");
		}

		@Bean
		@PgDispatchDataSource
		DataSource customers(@Value("${customers}") String url) {
			return new DriverManagerDataSource(url, "app", "");
		}

		@Bean
		JdbcTransactionManager ordersTransactions(@Qualifier("orders") DataSource dataSource) {
			return new JdbcTransactionManager(dataSource);
		}

		@Bean
		JdbcTransactionManager customersTransactions(@Qualifier("customers") DataSource dataSource) {
			return new JdbcTransactionManager(dataSource);
		}

	}

}
