package io.github.pgdispatch.samples.features;

import java.util.List;

import org.junit.jupiter.api.Test;

import org.springframework.aot.AotDetector;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.SpringProperties;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Tests that the application with all examples works with the classes that the build has
 * made of it ahead of time, as those of a native image are.
 */
class AheadOfTimeTests {

	@Test
	void applicationWithEveryFeatureStartsAndRunsJobs() {
		SpringApplication application = new SpringApplication(FeaturesApplication.class);
		application.setMainApplicationClass(FeaturesApplication.class);
		SpringProperties.setFlag(AotDetector.AOT_ENABLED);
		try (ConfigurableApplicationContext context = application
			.run("--spring.datasource.url=" + Server.createDatabase())) {
			use(context);
		}
		finally {
			SpringProperties.setProperty(AotDetector.AOT_ENABLED, null);
		}
	}

	private static void use(ConfigurableApplicationContext context) {
		Feature feature = new Feature(context.getBean(TransactionOperations.class), context.getBean(Mailer.class));
		context.getBean(AnnotationExample.class).signUp("Ada");
		feature.inTransaction(() -> context.getBean(ArgumentsExample.class)
			.send(new ArgumentsExample.Mail("Hedy", List.of("Hello")), null));
		feature.inTransaction(() -> context.getBean(TransactionalMethodExample.class).note("Radia", 1));
		context.getBean(BatchExample.class).sendAll("Inge", List.of("Beatrice"));
		context.getBean(ResultExample.class).orderAndWait("Ida");
		feature.awaitMails("Ada", "Welcome!", "Please confirm", "Have a look around");
		feature.awaitMails("Hedy", "Hello (attempt 1)");
		feature.awaitMails("Radia", "No. 1");
		feature.awaitMails("Inge", "1 mails were sent, 0 have failed");
	}

}
