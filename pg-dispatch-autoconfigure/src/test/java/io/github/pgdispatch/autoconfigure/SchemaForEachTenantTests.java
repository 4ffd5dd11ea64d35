package io.github.pgdispatch.autoconfigure;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Lazy;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that one queue serves 200 tenants with a schema each: a job runs as the tenant
 * that has dispatched it, whose name is a header of the job.
 */
@PostgresTest
class SchemaForEachTenantTests {

	private static final List<String> TENANTS = IntStream.range(0, 200)
		.mapToObj((number) -> "tenant_" + number)
		.toList();

	@Test
	void jobRunsAsTheTenantThatHasDispatchedIt(TestDatabase database) {
		database.install("app");
		JdbcClient jdbc = database.jdbc("app");
		jdbc.sql("CREATE TABLE nobody (what text)").update();
		jdbc.sql("""
				DO $$ BEGIN
					FOR number IN 0..199 LOOP
						EXECUTE format('CREATE SCHEMA tenant_%s', number);
						EXECUTE format('CREATE TABLE tenant_%s.note (what text)', number);
					END LOOP;
				END $$""").update();
		try (HandlerNode node = HandlerNode.start(database, Tenants.class)) {
			Notes notes = node.bean(Notes.class);
			for (String tenant : TENANTS) {
				Tenant.CURRENT.set(tenant);
				node.transaction().executeWithoutResult((status) -> {
					notes.first(tenant);
					notes.plain(tenant);
				});
				Tenant.CURRENT.remove();
			}
			node.transaction().executeWithoutResult((status) -> notes.withoutTenant());
			Awaitility.await()
				.until(() -> jdbc.sql("SELECT count(*) FROM pgdispatch.handler_job")
					.query(Integer.class)
					.single() == 0);
			assertThat(jdbc.sql("SELECT count(*) FROM pgdispatch.dead_letter").query(Integer.class).single()).isZero();
		}
		for (String tenant : TENANTS) {
			assertThat(jdbc.sql("SELECT what FROM " + tenant + ".note").query(String.class).list())
				.containsExactlyInAnyOrder("first of " + tenant, "plain of " + tenant, "next of " + tenant);
		}
		assertThat(jdbc.sql("SELECT what FROM nobody").query(String.class).list()).containsExactly("null");
	}

	static final class Tenant {

		static final ThreadLocal<@Nullable String> CURRENT = new ThreadLocal<>();

	}

	@Configuration(proxyBeanMethods = false)
	@EnableTransactionManagement
	@Import(Notes.class)
	static class Tenants {

		/**
		 * Each connection is given out with the search path of the current tenant.
		 */
		@Bean
		DataSource dataSource(@Value("${spring.datasource.url}") String url) {
			HikariDataSource pool = new HikariDataSource();
			pool.setJdbcUrl(url);
			pool.setUsername("app");
			return new DelegatingDataSource(pool) {

				@Override
				public Connection getConnection() throws SQLException {
					Connection connection = super.getConnection();
					String tenant = Tenant.CURRENT.get();
					try (Statement statement = connection.createStatement()) {
						statement.execute("SET search_path = " + ((tenant != null) ? tenant : "public"));
					}
					return connection;
				}

			};
		}

		@Bean
		DispatchPropagator tenantPropagator() {
			return new DispatchPropagator() {

				@Override
				public void inject(Map<String, String> headers) {
					if (Tenant.CURRENT.get() != null) {
						headers.put("tenant", Tenant.CURRENT.get());
					}
				}

				@Override
				public Scope extract(DispatchContext context) {
					Tenant.CURRENT.set(context.headers().get("tenant"));
					return Tenant.CURRENT::remove;
				}

			};
		}

	}

	static class Notes {

		private final JdbcClient jdbc;

		private final Notes self;

		Notes(JdbcClient jdbc, @Lazy Notes self) {
			this.jdbc = jdbc;
			this.self = self;
		}

		@AfterCommitDispatch(name = "first")
		@Transactional
		void first(String tenant) {
			note("first of " + tenant);
			this.self.next(tenant);
		}

		@AfterCommitDispatch(name = "next")
		@Transactional
		void next(String tenant) {
			note("next of " + tenant);
		}

		@AfterCommitDispatch(name = "plain")
		void plain(String tenant) {
			note("plain of " + tenant);
		}

		@AfterCommitDispatch(name = "withoutTenant")
		void withoutTenant() {
			this.jdbc.sql("INSERT INTO nobody VALUES (?)").param(String.valueOf(Tenant.CURRENT.get())).update();
		}

		private void note(String what) {
			this.jdbc.sql("INSERT INTO note VALUES (?)").param(what).update();
		}

	}

}
