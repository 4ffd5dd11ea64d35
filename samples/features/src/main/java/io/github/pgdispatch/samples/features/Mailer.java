package io.github.pgdispatch.samples.features;

import java.util.List;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Sends mails. This one only notes them in a table, where the tests find them.
 */
@Component
class Mailer {

	private final JdbcClient jdbc;

	Mailer(JdbcClient jdbc) {
		this.jdbc = jdbc;
	}

	void send(String recipient, String text) {
		this.jdbc.sql("INSERT INTO mail (recipient, text) VALUES (?, ?)").params(recipient, text).update();
	}

	/**
	 * What a recipient has got, in its order.
	 */
	List<String> sentTo(String recipient) {
		return this.jdbc.sql("SELECT text FROM mail WHERE recipient = ? ORDER BY id")
			.param(recipient)
			.query(String.class)
			.list();
	}

}
