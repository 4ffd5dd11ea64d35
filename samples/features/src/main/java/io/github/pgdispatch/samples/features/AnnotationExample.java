package io.github.pgdispatch.samples.features;

import io.github.pgdispatch.AfterCommitDispatch;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/**
 * Annotated methods. A call writes a row, and what the method says happens after the
 * commit.
 */
@Service
class AnnotationExample {

	private final JdbcClient jdbc;

	private final SideEffects sideEffects;

	AnnotationExample(JdbcClient jdbc, SideEffects sideEffects) {
		this.jdbc = jdbc;
		this.sideEffects = sideEffects;
	}

	@Transactional
	void signUp(String name) {
		this.jdbc.sql("INSERT INTO profile (name) VALUES (?)").param(name).update();
		this.sideEffects.welcome(name);
		this.sideEffects.confirm(name);
		this.sideEffects.remind(name);
	}

	/**
	 * In a bean of its own, as the calls have to pass through Spring's proxy.
	 */
	@Component
	static class SideEffects {

		private final Mailer mailer;

		SideEffects(Mailer mailer) {
			this.mailer = mailer;
		}

		/**
		 * The body runs, on some node.
		 */
		@AfterCommitDispatch
		void welcome(String name) {
			this.mailer.send(name, "Welcome!");
		}

		/**
		 * The SQL runs, in the database.
		 */
		@AfterCommitDispatch("INSERT INTO mail (recipient, text) VALUES (:name, 'Please confirm')")
		void confirm(String name) {
		}

		/**
		 * The body runs a second later.
		 */
		@AfterCommitDispatch(delay = "1s")
		void remind(String name) {
			this.mailer.send(name, "Have a look around");
		}

	}

}
