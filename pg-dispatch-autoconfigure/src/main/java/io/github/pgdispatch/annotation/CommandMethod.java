package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.util.Set;
import java.util.function.Supplier;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.command.Command;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * An annotated method with SQL.
 *
 * @param command the SQL of the annotation
 * @param attributes the options of the annotation for a dispatch
 * @param retry the options of the annotation for attempts
 * @param parameters the parameters of the method
 * @param template the template that dispatches
 * @param result makes the return value of a call
 * @param label returns the label of the jobs; used by calls only, as it may look for
 * beans
 */
record CommandMethod(Command command, JobAttributes attributes, RetryAttributes retry, MethodParameters parameters,
		Supplier<PgDispatchTemplate> template, ResultHandle result, Supplier<String> label) implements DispatchMethod {

	static CommandMethod of(Method method, AfterCommitDispatch annotation, AttributeReader reader,
			Supplier<PgDispatchTemplate> template, ResultHandle result, Supplier<String> label) {
		Assert.isTrue(annotation.concurrency() == Integer.MAX_VALUE,
				"The attribute concurrency is for methods without SQL, whose body jobs run");
		Assert.isTrue(annotation.retryOn().length == 0 && annotation.noRetryOn().length == 0,
				"The attributes retryOn and noRetryOn are for methods without SQL, whose body jobs run");
		Assert.isTrue(annotation.breakAfter() == 0 && annotation.breakFor().isEmpty(),
				"The attributes breakAfter and breakFor are for methods without SQL, whose body jobs run."
						+ " For SQL, give its queue a circuit breaker");
		MethodParameters parameters = MethodParameters.of(method);
		Command command = Command.parse(annotation.command());
		requireParameters(command.parameters(), parameters);
		CommandMethod read = new CommandMethod(command, JobAttributes.of(annotation, reader),
				RetryAttributes.of(annotation, reader), parameters, template, result, label);
		Dispatch checked = Dispatch.sql("SELECT 1");
		read.applyAttributes(annotation.name().isEmpty() ? checked : checked.label(annotation.name()), null);
		return read;
	}

	private static void requireParameters(Set<String> paths, MethodParameters parameters) {
		for (String path : paths) {
			String name = path.split("\\.", 2)[0];
			Assert.isTrue(parameters.names().contains(name), () -> "The SQL refers to :" + path
					+ ", but the parameters of the method are " + parameters.names());
		}
	}

	private Dispatch applyAttributes(Dispatch dispatch, @Nullable Invocation invocation) {
		Dispatch described = this.attributes.apply(dispatch, invocation);
		return this.retry.apply(this.attributes.applyTimeLimit(described, invocation));
	}

	@Override
	public @Nullable Object dispatch(Invocation invocation) {
		Dispatch dispatch = Dispatch.sql(this.command, this.parameters.values(invocation.arguments()))
			.label(this.label.get());
		return this.result.dispatch(applyAttributes(this.result.keep(dispatch), invocation), this.template.get());
	}

}
