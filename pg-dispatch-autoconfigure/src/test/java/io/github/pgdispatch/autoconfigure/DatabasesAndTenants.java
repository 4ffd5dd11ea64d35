package io.github.pgdispatch.autoconfigure;

import java.util.Map;

import javax.sql.DataSource;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.TenantContext;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Lazy;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.annotation.Transactional;

/**
 * An application with three databases and a fourth {@code DataSource}, which routes to a
 * database for each tenant. Each job notes in a table of which database it was, and where
 * it was run.
 */
@Configuration(proxyBeanMethods = false)
@Import({ ThreeDatabases.class, ManyTenants.Context.class, DatabasesAndTenants.TenantNotes.class })
class DatabasesAndTenants {

	static final String NOTE = "CREATE TABLE note (database text, what text, at text DEFAULT current_database())";

	@Bean
	@PgDispatchDataSource
	ManyTenants.Routing tenants(TenantContext context, @Value("${tenants.server}") String server,
			@Value("${tenants.names}") String[] names) {
		return new ManyTenants.Routing(context, server, names);
	}

	@Bean
	JdbcTransactionManager tenantsTransactions(@Qualifier("tenants") DataSource dataSource) {
		return new JdbcTransactionManager(dataSource);
	}

	static class TenantNotes {

		private final JdbcClient jdbc;

		private final TenantContext context;

		private final PgDispatchTemplate template;

		TenantNotes(@Qualifier("tenants") DataSource dataSource, TenantContext context,
				@Lazy PgDispatchTemplate template) {
			this.jdbc = JdbcClient.create(dataSource);
			this.context = context;
			this.template = template;
		}

		@AfterCommitDispatch(name = "ofTenant")
		void ofTenant(String what) {
			note(what);
		}

		@AfterCommitDispatch(name = "inTenant")
		@Transactional("tenantsTransactions")
		void inTenant(String what) {
			note(what);
			this.template.fire("INSERT INTO note (database, what) VALUES (:database, 'after ' || :what)",
					Map.of("database", String.valueOf(this.context.current()), "what", what));
		}

		private void note(String what) {
			this.jdbc.sql("INSERT INTO note (database, what) VALUES (?, ?)")
				.params(String.valueOf(this.context.current()), what)
				.update();
		}

	}

}
