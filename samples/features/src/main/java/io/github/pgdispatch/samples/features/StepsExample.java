package io.github.pgdispatch.samples.features;

import java.time.Duration;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * A method in steps. Its first attempt fails in the middle, and the second one goes on
 * behind the steps that are done. Then it sleeps, without a thread and a connection.
 */
@Component
class StepsExample {

	private final JdbcClient jdbc;

	private final Mailer mailer;

	StepsExample(JdbcClient jdbc, Mailer mailer) {
		this.jdbc = jdbc;
		this.mailer = mailer;
	}

	@AfterCommitDispatch(backOff = "100ms")
	void order(String customer, DispatchContext context) {
		String receipt = context.step("charge", String.class, () -> charge(customer, context.idempotencyKey("charge")));
		context.transactionalStep("reserve", () -> reserve(customer));
		if (context.attempt() == 1) {
			throw new IllegalStateException("The mail server does not answer");
		}
		context.step("confirm", () -> this.mailer.send(customer, "Confirmed, receipt " + receipt));
		context.sleep("delivery", Duration.ofSeconds(1));
		context.step("survey", () -> this.mailer.send(customer, "Are you satisfied?"));
	}

	/**
	 * Calls a payment service with the key, by which it knows a repetition.
	 */
	private String charge(String customer, String idempotencyKey) {
		this.mailer.send(customer, "Charged");
		return "R-" + idempotencyKey.length();
	}

	private void reserve(String customer) {
		this.jdbc.sql("INSERT INTO profile (name) VALUES (?)").param(customer).update();
	}

}
