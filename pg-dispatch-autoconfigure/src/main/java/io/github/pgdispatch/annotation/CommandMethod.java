package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.util.Set;
import java.util.function.Supplier;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.command.Command;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * A method with SQL.
 *
 * @param command of the annotation
 * @param delay of the annotation
 * @param parameters of the method
 * @param template that dispatches
 */
record CommandMethod(Command command, Delay delay, MethodParameters parameters,
		Supplier<PgDispatchTemplate> template) implements DispatchMethod {

	static CommandMethod of(Method method, AfterCommitDispatch annotation, Delay delay,
			Supplier<PgDispatchTemplate> template) {
		Assert.isTrue(annotation.name().isEmpty() && annotation.concurrency() == Integer.MAX_VALUE,
				"A name and a concurrency are for methods without SQL, whose body is run");
		MethodParameters parameters = MethodParameters.of(method);
		Command command = Command.parse(annotation.command());
		requireParameters(command.parameters(), parameters);
		return new CommandMethod(command, delay, parameters, template);
	}

	private static void requireParameters(Set<String> paths, MethodParameters parameters) {
		for (String path : paths) {
			String name = path.split("\\.", 2)[0];
			Assert.isTrue(parameters.names().contains(name), () -> "The SQL refers to :" + path
					+ ", but the parameters of the method are " + parameters.names());
		}
	}

	@Override
	public void dispatch(Object target, @Nullable Object[] arguments) {
		this.template.get()
			.snooze(this.command, this.parameters.values(arguments), this.delay.resolve(target, arguments));
	}

}
