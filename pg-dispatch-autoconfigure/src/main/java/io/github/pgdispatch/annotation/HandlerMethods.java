package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.DispatchDefaults;
import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.handler.Arguments;
import io.github.pgdispatch.handler.Handler;
import io.github.pgdispatch.handler.HandlerInvocations;
import io.github.pgdispatch.handler.Handlers;
import io.github.pgdispatch.handler.LosslessMapper;
import io.github.pgdispatch.handler.ReturnValue;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.MethodClassKey;

/**
 * The annotated methods without SQL, as handlers of jobs. Thread-safe.
 */
public final class HandlerMethods implements SmartInitializingSingleton {

	private final ConfigurableListableBeanFactory beanFactory;

	private final HandlerInvocations calls;

	private final Supplier<LosslessMapper> mapper;

	private final DispatchDefaults defaults;

	private final Map<MethodClassKey, NamedMethod> methods = new ConcurrentHashMap<>();

	private volatile Handlers handlers = new Handlers(List.of());

	/**
	 * Creates an empty one.
	 * @param beanFactory that has the beans
	 * @param calls that tell which call runs a body
	 * @param mapper of the arguments; asked for at the first handler
	 * @param defaults for methods whose annotation does not say otherwise
	 */
	public HandlerMethods(ConfigurableListableBeanFactory beanFactory, HandlerInvocations calls,
			Supplier<LosslessMapper> mapper, DispatchDefaults defaults) {
		this.beanFactory = beanFactory;
		this.calls = calls;
		this.mapper = mapper;
		this.defaults = defaults;
	}

	boolean enter(Method method, Class<?> targetClass) {
		return this.calls.enter(method, targetClass);
	}

	void returned(@Nullable Object value) throws Throwable {
		this.calls.returned(value);
	}

	LosslessMapper mapper() {
		return this.mapper.get();
	}

	Dispatch call(Method method, Class<?> targetClass, @Nullable Object[] arguments) {
		NamedMethod named = get(method, targetClass);
		return Dispatch.handler(named.name(), named.arguments().write(arguments));
	}

	/**
	 * Finds the handlers among all beans, also those that are yet to be created.
	 * @throws PgDispatchConfigurationException if a method cannot be one
	 */
	@Override
	public void afterSingletonsInstantiated() {
		List<Handler> found = new ArrayList<>();
		new AnnotatedBeans(this.beanFactory).methods().forEach((targetClass, methods) -> {
			for (Method method : methods) {
				if (!DispatchAnnotation.of(method).hasCommand()) {
					found.add(get(method, targetClass).handler());
				}
			}
		});
		this.handlers = new Handlers(found);
	}

	/**
	 * Returns the handlers of this application.
	 * @return the handlers, which are known once all singletons are there
	 */
	public Handlers handlers() {
		return this.handlers;
	}

	private NamedMethod get(Method method, Class<?> targetClass) {
		return this.methods.computeIfAbsent(new MethodClassKey(method, targetClass),
				(key) -> name(method, targetClass));
	}

	private NamedMethod name(Method method, Class<?> targetClass) {
		DispatchAnnotation annotated = DispatchAnnotation.of(method);
		try {
			String beanName = new AnnotatedBeans(this.beanFactory).nameOf(targetClass);
			String name = annotated.annotation().name();
			Arguments arguments = Arguments.of(annotated.method(), targetClass, this.mapper.get());
			AttributeReader reader = new AttributeReader(annotated.method(), this.beanFactory);
			return new NamedMethod(arguments,
					new Handler(name.isEmpty() ? beanName + "." + method.getName() : name,
							annotated.annotation().concurrency(),
							RetryAttributes.of(annotated.annotation(), reader).policy(this.defaults),
							timeLimit(annotated, reader), () -> this.beanFactory.getBean(beanName), method, targetClass,
							arguments, returnValue(method, targetClass)));
		}
		catch (IllegalArgumentException ex) {
			throw new PgDispatchConfigurationException(
					"@AfterCommitDispatch on " + annotated.method().toGenericString() + ": " + ex.getMessage(),
					"Correct the annotation or the method.");
		}
	}

	private @Nullable ReturnValue returnValue(Method method, Class<?> targetClass) {
		Type value = ReturnType.of(method, targetClass, false).value();
		return (value != null) ? new ReturnValue(value, this.mapper.get()) : null;
	}

	/**
	 * One that depends on the call comes with the job, and goes before this one.
	 */
	private @Nullable Duration timeLimit(DispatchAnnotation annotated, AttributeReader reader) {
		Attribute<Duration> limit = reader.duration("time limit", annotated.annotation().timeLimit());
		Duration constant = limit.isConstant() ? limit.resolve(null) : null;
		return (constant != null) ? constant : this.defaults.timeLimit();
	}

	private record NamedMethod(Arguments arguments, Handler handler) {

		String name() {
			return this.handler.name();
		}

	}

}
