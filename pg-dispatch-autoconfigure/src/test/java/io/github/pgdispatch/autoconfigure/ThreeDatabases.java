package io.github.pgdispatch.autoconfigure;

import java.util.Map;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchResult;
import io.github.pgdispatch.PgDispatchTemplate;
import org.slf4j.MDC;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Lazy;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;

/**
 * An application with three databases and a fourth one without jobs. Each job notes in a
 * table of which database it was, and where it was run.
 */
@Configuration(proxyBeanMethods = false)
@EnableTransactionManagement
@Import(ThreeDatabases.Notes.class)
class ThreeDatabases {

	@Bean
	@PgDispatchDataSource
	DataSource orders(@Value("${orders}") String url) {
		return pool(url);
	}

	@Bean
	@PgDispatchDataSource
	DataSource customers(@Value("${customers}") String url) {
		return pool(url);
	}

	@Bean
	@PgDispatchDataSource
	DataSource stock(@Value("${stock}") String url) {
		return pool(url);
	}

	@Bean
	DataSource archive(@Value("${stock}") String url) {
		return pool(url);
	}

	private static DataSource pool(String url) {
		HikariDataSource pool = new HikariDataSource();
		pool.setJdbcUrl(url);
		pool.setUsername("app");
		pool.setMinimumIdle(0);
		pool.setMaximumPoolSize(20);
		return pool;
	}

	@Bean
	JdbcTransactionManager ordersTransactions(@Qualifier("orders") DataSource dataSource) {
		return new JdbcTransactionManager(dataSource);
	}

	@Bean
	JdbcTransactionManager customersTransactions(@Qualifier("customers") DataSource dataSource) {
		return new JdbcTransactionManager(dataSource);
	}

	@Bean
	JdbcTransactionManager stockTransactions(@Qualifier("stock") DataSource dataSource) {
		return new JdbcTransactionManager(dataSource);
	}

	@Bean
	PlatformTransactionManager archiveTransactions(@Qualifier("archive") DataSource dataSource) {
		return new JdbcTransactionManager(dataSource);
	}

	static class Notes {

		private final Map<String, DataSource> dataSources;

		private final PgDispatchTemplate template;

		Notes(Map<String, DataSource> dataSources, @Lazy PgDispatchTemplate template) {
			this.dataSources = dataSources;
			this.template = template;
		}

		@AfterCommitDispatch("INSERT INTO note (database, what) VALUES (:database, :what)")
		void sql(String database, String what) {
		}

		@AfterCommitDispatch(name = "plain")
		void plain(String database, String what) {
			note(database, what);
		}

		@AfterCommitDispatch(name = "inOrders")
		@Transactional("ordersTransactions")
		void inOrders(String what) {
			noteAndDispatch("orders", what);
		}

		@AfterCommitDispatch(name = "inCustomers")
		@Transactional("customersTransactions")
		void inCustomers(String what) {
			noteAndDispatch("customers", what);
		}

		@AfterCommitDispatch(name = "inStock")
		@Transactional("stockTransactions")
		void inStock(String what) {
			noteAndDispatch("stock", what);
		}

		@AfterCommitDispatch(name = "measured")
		void measured() {
		}

		@AfterCommitDispatch(name = "answer")
		DispatchResult<String> answer(String database) {
			return DispatchResult.of("of " + database);
		}

		@AfterCommitDispatch(name = "logged")
		DispatchResult<String> logged() {
			return DispatchResult.of(String.valueOf(MDC.get("pgdispatch.database")));
		}

		private void noteAndDispatch(String database, String what) {
			note(database, what);
			this.template.fire("INSERT INTO note (database, what) VALUES (:database, 'after ' || :what)",
					Map.of("database", database, "what", what));
		}

		private void note(String database, String what) {
			JdbcClient.create(this.dataSources.get(database))
				.sql("INSERT INTO note (database, what) VALUES (?, ?)")
				.params(database, what)
				.update();
		}

	}

}
