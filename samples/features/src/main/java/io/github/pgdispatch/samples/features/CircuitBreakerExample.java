package io.github.pgdispatch.samples.features;

import java.util.concurrent.atomic.AtomicInteger;

import io.github.pgdispatch.AfterCommitDispatch;

import org.springframework.stereotype.Component;

/**
 * A circuit breaker. After two failed attempts in a row, no job of the method begins for
 * a second. Then one job is the probe: if it succeeds, all go on.
 */
@Component
class CircuitBreakerExample {

	private final AtomicInteger attempts = new AtomicInteger();

	private final Mailer mailer;

	CircuitBreakerExample(Mailer mailer) {
		this.mailer = mailer;
	}

	@AfterCommitDispatch(name = "invoices.send", breakAfter = 2, breakFor = "1s", backOff = "100ms")
	void sendInvoice(String recipient, int number) {
		if (this.attempts.incrementAndGet() <= 2) {
			throw new IllegalStateException("The mail server does not answer");
		}
		this.mailer.send(recipient, "Invoice " + number);
	}

}
