package io.github.pgdispatch.endpoint;

import io.github.pgdispatch.JobKind;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * The jobs that a request is about: those of a kind, of a handler, with a label, or any.
 *
 * @param kind whether they call a handler; {@code null} for any
 * @param name the name of the handler, or the label; {@code null} for any
 */
record KindAndName(@Nullable JobKind kind, @Nullable String name) {

	static KindAndName of(Parameters parameters) {
		String handler = parameters.text("handler");
		String label = parameters.text("label");
		JobKind kind = parameters.constant("kind", JobKind.class);
		if (handler == null && label == null) {
			return new KindAndName(kind, null);
		}
		Assert.isTrue(handler == null || label == null, "Give only one of the parameters handler and label");
		Assert.isTrue(kind == null, "Leave the parameter kind out: a handler or a label is of one kind");
		return (handler != null) ? new KindAndName(JobKind.HANDLER, handler) : new KindAndName(JobKind.SQL, label);
	}

}
