package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.DispatchSchedule;
import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.Schedule;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.util.Assert;

/**
 * Reads the schedules that annotations declare. Thread-safe.
 */
public final class DeclaredSchedules {

	private final ConfigurableListableBeanFactory beanFactory;

	private final Supplier<HandlerMethods> handlers;

	/**
	 * Creates an instance.
	 * @param beanFactory the bean factory that has the beans
	 * @param handlers the handlers of the application; used for methods without SQL
	 */
	public DeclaredSchedules(ConfigurableListableBeanFactory beanFactory, Supplier<HandlerMethods> handlers) {
		this.beanFactory = beanFactory;
		this.handlers = handlers;
	}

	/**
	 * Reads all schedules, including those of beans that have not been created yet.
	 * @return the schedules
	 * @throws PgDispatchConfigurationException if a method cannot have its schedule, or
	 * two schedules have the same name
	 */
	public List<DeclaredSchedule> read() {
		Map<String, DeclaredSchedule> byName = new LinkedHashMap<>();
		new AnnotatedBeans(this.beanFactory).methods().forEach((type, methods) -> methods.forEach((method) -> {
			DispatchSchedule annotation = annotation(method);
			if (annotation != null) {
				DeclaredSchedule schedule = read(method, type, annotation);
				DeclaredSchedule other = byName.put(schedule.name() + '\n' + schedule.database(), schedule);
				if (other != null) {
					throw new PgDispatchConfigurationException(
							"Two methods declare the schedule '" + schedule.name() + "': " + other.method() + " and "
									+ schedule.method() + ".",
							"Give one of them another name: @DispatchSchedule(name = \"…\").");
				}
			}
		}));
		return new ArrayList<>(byName.values());
	}

	/**
	 * Returns whether a schedule has a cron expression. Needs neither properties nor the
	 * database.
	 * @return whether this node has to run the ticks of such schedules
	 */
	public boolean haveCron() {
		return new AnnotatedBeans(this.beanFactory).methods()
			.values()
			.stream()
			.flatMap(Set::stream)
			.map(DeclaredSchedules::annotation)
			.anyMatch((annotation) -> annotation != null && !annotation.cron().isEmpty());
	}

	private static @Nullable DispatchSchedule annotation(Method method) {
		return AnnotatedElementUtils.findMergedAnnotation(method, DispatchSchedule.class);
	}

	private DeclaredSchedule read(Method method, Class<?> type, DispatchSchedule annotation) {
		DispatchAnnotation annotated = DispatchAnnotation.of(method);
		AttributeReader reader = new AttributeReader(annotated.method(), this.beanFactory);
		try {
			Assert.isTrue(Arrays.stream(method.getParameterTypes()).allMatch(DispatchContext.class::equals),
					"Nobody calls the method of a schedule with arguments, so that it cannot have parameters other than a DispatchContext");
			String defaultName = annotated.name(() -> new AnnotatedBeans(this.beanFactory).nameOf(type));
			String name = text("name", annotation.name(), reader);
			Dispatch dispatch = annotated.hasCommand()
					? Dispatch.sql(annotated.annotation().command()).label(defaultName)
					: this.handlers.get().dispatch(method, type, new Object[method.getParameterCount()]);
			return new DeclaredSchedule(name.isEmpty() ? defaultName : name, schedule(annotation, reader),
					options(dispatch, annotated, reader), annotation.database(), method.toGenericString());
		}
		catch (IllegalArgumentException | DateTimeException ex) {
			throw new PgDispatchConfigurationException(
					"@DispatchSchedule on " + method.toGenericString() + ": " + ex.getMessage() + ".",
					"Correct the annotation or the method.");
		}
	}

	private static Schedule schedule(DispatchSchedule annotation, AttributeReader reader) {
		String cron = text("cron expression", annotation.cron(), reader);
		Duration every = reader.constantDuration("interval", annotation.every());
		Assert.isTrue(cron.isEmpty() != (every == null), "A schedule has either a cron expression or an interval");
		Schedule schedule = (every != null) ? Schedule.every(every)
				: Schedule.cron(cron, ZoneId.of(text("time zone", annotation.zone(), reader)));
		schedule = schedule.missed(annotation.missed());
		return annotation.overlapping() ? schedule.overlapping() : schedule;
	}

	private static String text(String name, String text, AttributeReader reader) {
		Attribute<String> attribute = reader.text(name, text);
		Assert.isTrue(attribute.isConstant(),
				() -> "The " + name + " must not be an expression for a call, but is " + text);
		String value = attribute.resolve(null);
		return (value != null) ? value : "";
	}

	private static Dispatch options(Dispatch dispatch, DispatchAnnotation annotated, AttributeReader reader) {
		JobAttributes attributes = JobAttributes.of(annotated.annotation(), reader);
		attributes.requireConstant();
		Dispatch described = attributes.apply(dispatch, null);
		// The attempts and the time limit of a handler belong to its method.
		return annotated.hasCommand()
				? RetryAttributes.of(annotated.annotation(), reader).apply(attributes.applyTimeLimit(described, null))
				: described;
	}

}
