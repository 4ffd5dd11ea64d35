package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.DispatchDefaults;
import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.handler.Arguments;
import io.github.pgdispatch.handler.Handler;
import io.github.pgdispatch.handler.Handlers;
import io.github.pgdispatch.handler.LosslessMapper;
import io.github.pgdispatch.handler.ReturnValue;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.MethodClassKey;

/**
 * Finds the annotated methods without SQL, which are the handlers of the application.
 * Thread-safe.
 */
public final class HandlerMethods implements SmartInitializingSingleton {

	private final ConfigurableListableBeanFactory beanFactory;

	private final Supplier<LosslessMapper> mapper;

	private final DispatchDefaults defaults;

	private final Map<MethodClassKey, NamedMethod> methods = new ConcurrentHashMap<>();

	private volatile Handlers handlers = new Handlers(List.of());

	/**
	 * Creates an instance that has no handlers yet.
	 * @param beanFactory the bean factory that has the beans
	 * @param mapper the mapper of arguments and return values; used for the first handler
	 * @param defaults the defaults of methods whose annotation leaves an option out
	 */
	public HandlerMethods(ConfigurableListableBeanFactory beanFactory, Supplier<LosslessMapper> mapper,
			DispatchDefaults defaults) {
		this.beanFactory = beanFactory;
		this.mapper = mapper;
		this.defaults = defaults;
	}

	/**
	 * Describes a call of a handler.
	 * @param method the method of the target class
	 * @param targetClass the class of the bean
	 * @param arguments the arguments of the call
	 * @return a new description without options
	 */
	Dispatch dispatch(Method method, Class<?> targetClass, @Nullable Object[] arguments) {
		NamedMethod named = get(method, targetClass);
		return Dispatch.handler(named.handler().name(), named.arguments().write(arguments));
	}

	/**
	 * Finds the handlers of all beans, including beans that have not been created yet.
	 * @throws PgDispatchConfigurationException if an annotated method cannot be a handler
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
	 * @return the handlers, which are complete when all singletons have been created
	 */
	public Handlers handlers() {
		return this.handlers;
	}

	private NamedMethod get(Method method, Class<?> targetClass) {
		return this.methods.computeIfAbsent(new MethodClassKey(method, targetClass),
				(key) -> read(method, targetClass));
	}

	private NamedMethod read(Method method, Class<?> targetClass) {
		DispatchAnnotation annotated = DispatchAnnotation.of(method);
		try {
			String beanName = new AnnotatedBeans(this.beanFactory).nameOf(targetClass);
			String name = name(annotated, beanName);
			Arguments arguments = Arguments.of(annotated.method(), targetClass, this.mapper.get());
			AttributeReader reader = new AttributeReader(annotated.method(), this.beanFactory);
			return new NamedMethod(arguments,
					new Handler(name, annotated.annotation().concurrency(),
							RetryAttributes.of(annotated.annotation(), reader).policy(this.defaults),
							RetryAttributes.breaker(annotated.annotation(), reader), timeLimit(annotated, reader),
							() -> this.beanFactory.getBean(beanName), method, targetClass, arguments,
							returnValue(method, targetClass)));
		}
		catch (IllegalArgumentException ex) {
			throw annotated.refused(ex);
		}
	}

	/**
	 * Returns the name of a handler.
	 * @throws IllegalArgumentException if the database would refuse the name
	 */
	private static String name(DispatchAnnotation annotated, String beanName) {
		String name = annotated.name(() -> beanName);
		Dispatch.handler(name, "{}");
		return name;
	}

	private @Nullable ReturnValue returnValue(Method method, Class<?> targetClass) {
		Type value = ReturnType.of(method, targetClass, false).value();
		return (value != null) ? new ReturnValue(value, this.mapper.get()) : null;
	}

	/**
	 * A time limit that depends on the call is stored with the job, and takes precedence
	 * over this one.
	 */
	private @Nullable Duration timeLimit(DispatchAnnotation annotated, AttributeReader reader) {
		Attribute<Duration> limit = reader.duration("time limit", annotated.annotation().timeLimit());
		Duration constant = limit.isConstant() ? limit.resolve(null) : null;
		return (constant != null) ? constant : this.defaults.timeLimit();
	}

	private record NamedMethod(Arguments arguments, Handler handler) {

	}

}
