package io.github.pgdispatch.samples.features;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.PgDispatchTemplate;

import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/**
 * The template, where no annotation fits.
 */
@Service
class TemplateExample {

	private static final String SEND = "INSERT INTO mail (recipient, text) VALUES (:name, :text)";

	private final PgDispatchTemplate template;

	TemplateExample(PgDispatchTemplate template) {
		this.template = template;
	}

	/**
	 * Dispatches SQL in four ways.
	 * @return the id of the last job
	 */
	@Transactional
	long signUp(String name) {
		this.template.fire(SEND, Map.of("name", name, "text", "Welcome!"));
		this.template.snooze(SEND, new Mail(name, "Have a look around"), Duration.ofSeconds(1));
		this.template.fireAll(SEND, List.of(new Mail(name, "First of two"), new Mail(name, "Second of two")));
		return this.template.dispatch(Dispatch.sql(SEND, new Mail(name, "Please confirm"))
			.maxAttempts(3)
			.timeLimit(Duration.ofSeconds(30))
			.label("confirm"));
	}

	record Mail(String name, String text) {

	}

}
