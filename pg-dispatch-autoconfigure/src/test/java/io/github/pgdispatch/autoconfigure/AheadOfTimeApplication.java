package io.github.pgdispatch.autoconfigure;

import java.util.List;

import io.github.pgdispatch.AfterCommitDispatch;

import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Scope;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.Transactional;

/**
 * An application of all kinds of beans with annotated methods. Each notes in a table what
 * it did.
 */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration({ DataSourceAutoConfiguration.class, DataSourceTransactionManagerAutoConfiguration.class,
		TransactionAutoConfiguration.class, JdbcTemplateAutoConfiguration.class, JdbcClientAutoConfiguration.class,
		PgDispatchSchemaAutoConfiguration.class, PgDispatchAutoConfiguration.class })
@Import({ AheadOfTimeApplication.Commands.class, AheadOfTimeApplication.Plain.class,
		AheadOfTimeApplication.InTransaction.class, AheadOfTimeApplication.OfInterface.class,
		AheadOfTimeApplication.Prototype.class })
class AheadOfTimeApplication {

	public static void main(String[] arguments) throws InterruptedException {
		SpringApplication application = new SpringApplication(AheadOfTimeApplication.class);
		application.setWebApplicationType(WebApplicationType.NONE);
		application.setBannerMode(Banner.Mode.OFF);
		try (ConfigurableApplicationContext context = application.run(arguments)) {
			Profile profile = new Profile("Ada", List.of(new Address("London")));
			context.getBean(Commands.class).note(profile);
			context.getBean(Plain.class).call(profile);
			context.getBean(InTransaction.class).call();
			context.getBean(Contract.class).call();
			context.getBean(Prototype.class).call();
			JdbcClient jdbc = context.getBean(JdbcClient.class);
			while (jdbc.sql("SELECT count(*) FROM effect").query(Integer.class).single() < 5) {
				Thread.sleep(20);
			}
		}
	}

	record Profile(String name, List<Address> addresses) {

	}

	record Address(String city) {

	}

	static class Commands {

		@AfterCommitDispatch("INSERT INTO effect VALUES ('sql ' || :profile.name)")
		void note(Profile profile) {
		}

	}

	abstract static class Noting {

		private final JdbcClient jdbc;

		Noting(JdbcClient jdbc) {
			this.jdbc = jdbc;
		}

		void note(String what) {
			this.jdbc.sql("INSERT INTO effect VALUES (?)").param(what).update();
		}

	}

	static class Plain extends Noting {

		Plain(JdbcClient jdbc) {
			super(jdbc);
		}

		@AfterCommitDispatch(delay = "${plain.delay}")
		void call(Profile profile) {
			note("plain " + profile.addresses().get(0).city());
		}

	}

	@Transactional
	static class InTransaction extends Noting {

		InTransaction(JdbcClient jdbc) {
			super(jdbc);
		}

		@AfterCommitDispatch
		void call() {
			note("transactional");
		}

	}

	interface Contract {

		@AfterCommitDispatch
		void call();

	}

	static class OfInterface extends Noting implements Contract {

		OfInterface(JdbcClient jdbc) {
			super(jdbc);
		}

		@Override
		public void call() {
			note("interface");
		}

	}

	@Scope("prototype")
	static class Prototype extends Noting {

		Prototype(JdbcClient jdbc) {
			super(jdbc);
		}

		@AfterCommitDispatch
		void call() {
			note("prototype");
		}

	}

}
