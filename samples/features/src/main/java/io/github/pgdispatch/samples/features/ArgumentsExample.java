package io.github.pgdispatch.samples.features;

import java.util.List;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;

import org.springframework.stereotype.Component;

/**
 * Arguments are kept as JSON, by the names of the parameters. The name of the handler
 * stays, whatever becomes of the names of the bean and the method. So jobs that wait find
 * their method after both were renamed, and SQL can dispatch to it.
 */
@Component
class ArgumentsExample {

	private final Mailer mailer;

	ArgumentsExample(Mailer mailer) {
		this.mailer = mailer;
	}

	/**
	 * Callers pass {@code null} for the context.
	 */
	@AfterCommitDispatch(name = "arguments.send")
	void send(Mail mail, DispatchContext context) {
		this.mailer.send(mail.recipient(), String.join("\n", mail.lines()) + " (attempt " + context.attempt() + ")");
	}

	record Mail(String recipient, List<String> lines) {

	}

}
