package io.github.pgdispatch.autoconfigure;

import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * An application with three databases, which dispatches in one of them and ends when the
 * jobs are done.
 */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration({ TransactionAutoConfiguration.class, PgDispatchSchemaAutoConfiguration.class,
		PgDispatchAutoConfiguration.class })
@Import(ThreeDatabases.class)
class AheadOfTimeDatabases {

	public static void main(String[] arguments) throws InterruptedException {
		SpringApplication application = new SpringApplication(AheadOfTimeDatabases.class);
		application.setWebApplicationType(WebApplicationType.NONE);
		application.setBannerMode(Banner.Mode.OFF);
		try (ConfigurableApplicationContext context = application.run(arguments)) {
			JdbcTransactionManager transactions = context.getBean("customersTransactions",
					JdbcTransactionManager.class);
			JdbcClient jdbc = JdbcClient.create(transactions.getDataSource());
			jdbc.sql("CREATE TABLE note (database text, what text)").update();
			ThreeDatabases.Notes notes = context.getBean(ThreeDatabases.Notes.class);
			new TransactionTemplate(transactions).executeWithoutResult((status) -> {
				notes.sql("customers", "sql");
				notes.inCustomers("in transaction");
			});
			while (jdbc.sql("SELECT count(*) FROM note").query(Integer.class).single() < 3) {
				Thread.sleep(20);
			}
		}
	}

}
