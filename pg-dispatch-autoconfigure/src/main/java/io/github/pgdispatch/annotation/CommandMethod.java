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
 * A method with SQL.
 *
 * @param command of the annotation
 * @param attributes of the annotation
 * @param retry of the annotation
 * @param parameters of the method
 * @param template that dispatches
 * @param promise that the call returns
 */
record CommandMethod(Command command, JobAttributes attributes, RetryAttributes retry, MethodParameters parameters,
		Supplier<PgDispatchTemplate> template, ResultHandle promise) implements DispatchMethod {

	static CommandMethod of(Method method, AfterCommitDispatch annotation, AttributeReader reader,
			Supplier<PgDispatchTemplate> template, ResultHandle promise) {
		Assert.isTrue(annotation.name().isEmpty() && annotation.concurrency() == Integer.MAX_VALUE,
				"A name and a concurrency are for methods without SQL, whose body is run");
		Assert.isTrue(annotation.retryOn().length == 0 && annotation.noRetryOn().length == 0,
				"Exceptions after which to retry, or not, are for methods without SQL, whose body is run");
		MethodParameters parameters = MethodParameters.of(method);
		Command command = Command.parse(annotation.command());
		requireParameters(command.parameters(), parameters);
		CommandMethod read = new CommandMethod(command, JobAttributes.of(annotation, reader),
				RetryAttributes.of(annotation, reader), parameters, template, promise);
		read.ask(Dispatch.sql("SELECT 1"), null);
		return read;
	}

	private static void requireParameters(Set<String> paths, MethodParameters parameters) {
		for (String path : paths) {
			String name = path.split("\\.", 2)[0];
			Assert.isTrue(parameters.names().contains(name), () -> "The SQL refers to :" + path
					+ ", but the parameters of the method are " + parameters.names());
		}
	}

	private Dispatch ask(Dispatch dispatch, @Nullable Invocation call) {
		Dispatch asked = this.attributes.limit(this.attributes.apply(dispatch, call), call);
		int maxAttempts = this.retry.maxAttempts();
		asked = (maxAttempts != 0) ? asked.maxAttempts(maxAttempts) : asked;
		return (this.retry.backOff() != null) ? asked.backOff(this.retry.backOff()) : asked;
	}

	@Override
	public @Nullable Object dispatch(Object target, @Nullable Object[] arguments) {
		Dispatch dispatch = this.promise.ask(Dispatch.sql(this.command, this.parameters.values(arguments)));
		PgDispatchTemplate template = this.template.get();
		return this.promise.dispatch(ask(dispatch, new Invocation(target, arguments)), template::fire,
				template::dispatch);
	}

}
