package io.github.pgdispatch.handler;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.function.Supplier;

import io.github.pgdispatch.CircuitBreaker;
import io.github.pgdispatch.DispatchContext;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.support.AopUtils;
import org.springframework.transaction.UnexpectedRollbackException;
import org.springframework.transaction.annotation.AnnotationTransactionAttributeSource;
import org.springframework.util.Assert;
import org.springframework.util.ReflectionUtils;

/**
 * A method whose body jobs run. Thread-safe.
 */
public final class Handler {

	private final String name;

	private final int concurrency;

	private final RetryPolicy retry;

	private final @Nullable CircuitBreaker breaker;

	private final @Nullable Duration timeLimit;

	private final Supplier<Object> bean;

	private final Method method;

	private final Class<?> targetClass;

	private final Arguments arguments;

	private final @Nullable ReturnValue returnValue;

	private final @Nullable String transactionName;

	/**
	 * Creates a handler.
	 * @param name the name under which its jobs are stored
	 * @param concurrency the maximum number of its jobs that this node runs at once
	 * @param retry the policy for failed attempts
	 * @param breaker the circuit breaker, or {@code null} for none
	 * @param timeLimit the time limit of attempts whose job has none, or {@code null} for
	 * no limit
	 * @param bean the bean that has the method, including its proxy
	 * @param method the method of the class of the bean
	 * @param targetClass the class of the bean
	 * @param arguments the arguments of the method
	 * @param returnValue the return value of the method, or {@code null} if it returns
	 * {@code void}
	 */
	public Handler(String name, int concurrency, RetryPolicy retry, @Nullable CircuitBreaker breaker,
			@Nullable Duration timeLimit, Supplier<Object> bean, Method method, Class<?> targetClass,
			Arguments arguments, @Nullable ReturnValue returnValue) {
		Assert.isTrue(concurrency > 0, () -> "The concurrency must be positive, but is " + concurrency);
		this.name = name;
		this.concurrency = concurrency;
		this.retry = retry;
		this.breaker = breaker;
		this.timeLimit = timeLimit;
		this.bean = bean;
		this.method = method;
		this.targetClass = targetClass;
		this.arguments = arguments;
		this.returnValue = returnValue;
		this.transactionName = transactionName(method, targetClass);
	}

	/**
	 * Returns the name that Spring gives to the transaction of the method, or
	 * {@code null} if the method is not transactional.
	 */
	private static @Nullable String transactionName(Method method, Class<?> targetClass) {
		boolean transactional = new AnnotationTransactionAttributeSource(false).getTransactionAttribute(method,
				targetClass) != null;
		return transactional ? targetClass.getName() + '.' + method.getName() : null;
	}

	/**
	 * Returns the name under which its jobs are stored.
	 * @return the name of the handler
	 */
	public String name() {
		return this.name;
	}

	/**
	 * Returns the maximum number of its jobs that this node runs at once.
	 * @return the maximum number of jobs
	 */
	public int concurrency() {
		return this.concurrency;
	}

	/**
	 * Returns the policy for failed attempts.
	 * @return the policy
	 */
	public RetryPolicy retry() {
		return this.retry;
	}

	/**
	 * Returns the circuit breaker.
	 * @return the breaker, or {@code null} for none
	 */
	public @Nullable CircuitBreaker breaker() {
		return this.breaker;
	}

	/**
	 * Returns the time limit of an attempt.
	 * @return the time limit, or {@code null} for no limit
	 */
	public @Nullable Duration timeLimit() {
		return this.timeLimit;
	}

	/**
	 * Returns whether the method has a transaction of its own, so that its changes of the
	 * database are undone if it fails. Only {@code @Transactional} on the method or on
	 * its class counts.
	 * @return whether Spring begins a transaction for the method
	 */
	public boolean isTransactional() {
		return this.transactionName != null;
	}

	/**
	 * Calls the method through the proxy of the bean.
	 * @param arguments the arguments as JSON
	 * @param context the context of the job
	 * @param invocations the invocations, which let the proxy run the method
	 * @param completion completes the job. It is called directly before the commit of the
	 * transaction of the method, and not called if the method has none. {@code null} if
	 * the job is not to be completed in that transaction
	 * @param wantsResult whether the return value is kept
	 * @return the invocation, which knows whether the job was completed
	 * @throws ArgumentMismatchException if the arguments do not fit, in which case the
	 * method was not called
	 * @throws LostClaimException if another node has taken over the job
	 * @throws UnexpectedRollbackException if the method returned, but its transaction was
	 * rolled back
	 * @throws Throwable any exception of the method
	 */
	public HandlerInvocation call(String arguments, DispatchContext context, HandlerInvocations invocations,
			@Nullable Completion completion, boolean wantsResult) throws Throwable {
		@Nullable Object[] values = this.arguments.read(arguments, context);
		Object bean = this.bean.get();
		Method invocable = AopUtils.selectInvocableMethod(this.method, bean.getClass());
		ReflectionUtils.makeAccessible(invocable);
		HandlerInvocation invocation = new HandlerInvocation(this, transactionName(bean), completion, wantsResult);
		invocations.run(invocation, () -> {
			try {
				invocable.invoke(bean, values);
			}
			catch (InvocationTargetException ex) {
				throw ex.getTargetException();
			}
		});
		if (invocation.isRolledBack()) {
			throw new UnexpectedRollbackException("The method returned, but its transaction was marked as rollback-only"
					+ " and was rolled back. This attempt counts as failed");
		}
		return invocation;
	}

	/**
	 * The definition of a bean that had not been created may declare only an interface.
	 */
	private @Nullable String transactionName(Object bean) {
		Class<?> actualClass = AopUtils.getTargetClass(bean);
		return (actualClass == this.targetClass) ? this.transactionName
				: transactionName(AopUtils.getMostSpecificMethod(this.method, actualClass), actualClass);
	}

	/**
	 * Writes the return value of the method. Waits for the value of a future.
	 */
	String write(@Nullable Object returned) throws Throwable {
		return (this.returnValue != null) ? this.returnValue.write(ReturnValue.unwrap(returned)) : "null";
	}

	boolean isFor(Method method, Class<?> targetClass) {
		return this.targetClass.isAssignableFrom(targetClass)
				&& method.equals(AopUtils.getMostSpecificMethod(this.method, targetClass));
	}

	@Override
	public String toString() {
		return this.name + " (" + this.method.toGenericString() + ")";
	}

}
