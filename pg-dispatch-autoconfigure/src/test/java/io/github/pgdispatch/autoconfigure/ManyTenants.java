package io.github.pgdispatch.autoconfigure;

import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import javax.sql.DataSource;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.DispatchResult;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.TenantContext;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.MDC;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Lazy;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;

/**
 * An application with a database for each tenant, which is named like the database. Each
 * method notes in a table of the database where it runs, of which tenant it is.
 */
@Configuration(proxyBeanMethods = false)
@EnableTransactionManagement
@Import({ ManyTenants.Context.class, ManyTenants.Routing.class, ManyTenants.Notes.class })
class ManyTenants {

	static final String NOTE = "CREATE TABLE note (what text, tenant text, at text DEFAULT current_database())";

	/**
	 * What an application writes.
	 */
	static final class Context implements TenantContext {

		private final ThreadLocal<@Nullable Object> tenant = new ThreadLocal<>();

		@Override
		public @Nullable Object current() {
			return this.tenant.get();
		}

		@Override
		public DispatchPropagator.Scope open(@Nullable Object tenant) {
			Object before = this.tenant.get();
			this.tenant.set(tenant);
			return () -> this.tenant.set(before);
		}

	}

	static final class Routing extends AbstractRoutingDataSource {

		private final TenantContext context;

		private final String server;

		Routing(TenantContext context, @Value("${tenants.server}") String server,
				@Value("${tenants.names}") String[] names) {
			this.context = context;
			this.server = server;
			setTargetDataSources(targets(names));
		}

		Map<Object, Object> targets(String... names) {
			return Stream.of(names).collect(Collectors.toMap((name) -> name, this::target));
		}

		private DataSource target(String name) {
			PGSimpleDataSource target = new PGSimpleDataSource();
			target.setUrl(this.server + "/" + name);
			target.setUser("app");
			return target;
		}

		@Override
		protected @Nullable Object determineCurrentLookupKey() {
			return this.context.current();
		}

	}

	static class Notes {

		private final JdbcClient jdbc;

		private final TenantContext context;

		private final PgDispatchTemplate template;

		Notes(JdbcClient jdbc, @Lazy PgDispatchTemplate template, TenantContext context) {
			this.jdbc = jdbc;
			this.template = template;
			this.context = context;
		}

		@AfterCommitDispatch("INSERT INTO note (what) VALUES (:what)")
		void sql(String what) {
		}

		@AfterCommitDispatch(name = "plain")
		void plain(String what) {
			note(what);
		}

		@AfterCommitDispatch(name = "inTransaction")
		@Transactional
		void inTransaction(String what) {
			note(what);
			this.template.fire("INSERT INTO note (what) VALUES (:what)", Map.of("what", "after " + what));
		}

		@AfterCommitDispatch(name = "later", delay = "1s")
		void later(String what) {
			note(what);
		}

		@AfterCommitDispatch(name = "answer")
		DispatchResult<String> answer() {
			return DispatchResult.of(this.context.current() + " in " + MDC.get("pgdispatch.database"));
		}

		private void note(String what) {
			this.jdbc.sql("INSERT INTO note (what, tenant) VALUES (?, ?)")
				.params(what, String.valueOf(this.context.current()))
				.update();
		}

	}

}
