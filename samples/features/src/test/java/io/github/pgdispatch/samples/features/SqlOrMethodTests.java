package io.github.pgdispatch.samples.features;

import java.util.List;

import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Tests the examples of docs/sql-or-method.md.
 */
@FeatureTest
class SqlOrMethodTests {

	@Autowired
	private Feature feature;

	@Test
	void annotatedMethodsHappenAfterTheCommit(@Autowired AnnotationExample example) {
		this.feature.inVain(() -> example.signUp("Mallory"));
		example.signUp("Ada");
		this.feature.awaitMails("Ada", "Welcome!", "Please confirm", "Have a look around");
		this.feature.awaitMails("Mallory");
	}

	@Test
	void templateDispatchesSql(@Autowired TemplateExample example) {
		example.signUp("Barbara");
		this.feature.awaitMails("Barbara", "Welcome!", "First of two", "Second of two", "Please confirm",
				"Have a look around");
	}

	@Test
	void triggerDispatchesSqlAndMethods(@Autowired TriggerExample example, @Autowired JdbcClient jdbc) {
		example.install();
		jdbc.sql("INSERT INTO profile (name) VALUES ('Grace')").update();
		jdbc.sql("UPDATE profile SET name = 'Grace H.' WHERE name = 'Grace'").update();
		this.feature.awaitMails("Grace H.", "You were Grace", "Is it right? (attempt 1)");
	}

	@Test
	void argumentsAreRecords(@Autowired ArgumentsExample example) {
		this.feature.inTransaction(
				() -> example.send(new ArgumentsExample.Mail("Hedy", List.of("Hello", "and good bye")), null));
		this.feature.awaitMails("Hedy", "Hello\nand good bye (attempt 1)");
	}

}
