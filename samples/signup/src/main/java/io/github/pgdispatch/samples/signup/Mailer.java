package io.github.pgdispatch.samples.signup;

import java.time.OffsetDateTime;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Sends messages. This one only notes that it did, for the console and the page.
 */
@Component
class Mailer {

	private final JdbcClient jdbc;

	Mailer(JdbcClient jdbc) {
		this.jdbc = jdbc;
	}

	void welcome(long profileId) {
		Recipient recipient = this.jdbc
			.sql("SELECT name, email, clock_timestamp() AS asked_at FROM signup.profile WHERE id = ?")
			.param(profileId)
			.query(Recipient.class)
			.single();
		send(profileId, recipient, "Welcome, %s!".formatted(recipient.name()));
	}

	/**
	 * Once, although a node that is killed at the wrong moment has another one run its
	 * method again.
	 */
	private void send(long profileId, Recipient recipient, String message) {
		this.jdbc.sql("""
				INSERT INTO signup.side_effect (profile_id, name, started_at, outcome)
				VALUES (?, 'welcome', ?, ?) ON CONFLICT DO NOTHING""")
			.params(profileId, recipient.askedAt(), "\"%s\" sent to %s".formatted(message, recipient.email()))
			.update();
	}

	private record Recipient(String name, String email, OffsetDateTime askedAt) {

	}

}
