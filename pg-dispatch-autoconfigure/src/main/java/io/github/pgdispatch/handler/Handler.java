package io.github.pgdispatch.handler;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.function.Supplier;

import io.github.pgdispatch.DispatchContext;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.support.AopUtils;
import org.springframework.transaction.annotation.AnnotationTransactionAttributeSource;
import org.springframework.util.Assert;
import org.springframework.util.ReflectionUtils;

/**
 * A method that runs jobs. Thread-safe.
 */
public final class Handler {

	private final String name;

	private final int concurrency;

	private final RetryPolicy retry;

	private final @Nullable Duration timeLimit;

	private final Supplier<Object> bean;

	private final Method method;

	private final Class<?> targetClass;

	private final Arguments arguments;

	private final @Nullable ReturnValue returnValue;

	private final @Nullable String transactionName;

	/**
	 * Creates a handler.
	 * @param name under which jobs are kept for it
	 * @param concurrency how many of them this node runs at once, at the most
	 * @param retry whether and when those that fail are run again
	 * @param timeLimit after which one is interrupted, unless it has a limit of its own
	 * @param bean that has the method, proxied
	 * @param method of the bean's class
	 * @param targetClass the bean's class
	 * @param arguments of the method
	 * @param returnValue of the method; {@code null} if it has none
	 */
	public Handler(String name, int concurrency, RetryPolicy retry, @Nullable Duration timeLimit, Supplier<Object> bean,
			Method method, Class<?> targetClass, Arguments arguments, @Nullable ReturnValue returnValue) {
		Assert.isTrue(concurrency > 0, () -> "The concurrency must be positive, but is " + concurrency);
		this.name = name;
		this.concurrency = concurrency;
		this.retry = retry;
		this.timeLimit = timeLimit;
		this.bean = bean;
		this.method = method;
		this.targetClass = targetClass;
		this.arguments = arguments;
		this.returnValue = returnValue;
		this.transactionName = transactionName(method, targetClass);
	}

	/**
	 * How Spring names the transaction that it begins for the method, if it does.
	 */
	private static @Nullable String transactionName(Method method, Class<?> targetClass) {
		boolean transactional = new AnnotationTransactionAttributeSource(false).getTransactionAttribute(method,
				targetClass) != null;
		return transactional ? targetClass.getName() + '.' + method.getName() : null;
	}

	/**
	 * Returns the name under which jobs are kept for it.
	 * @return the name
	 */
	public String name() {
		return this.name;
	}

	/**
	 * Returns how many of its jobs this node runs at once.
	 * @return the maximum
	 */
	public int concurrency() {
		return this.concurrency;
	}

	/**
	 * Returns whether and when jobs that fail are run again.
	 * @return the policy
	 */
	public RetryPolicy retry() {
		return this.retry;
	}

	/**
	 * Returns after how long a job is interrupted.
	 * @return the limit, or {@code null} for none
	 */
	public @Nullable Duration timeLimit() {
		return this.timeLimit;
	}

	/**
	 * Returns whether Spring begins a transaction for the method, so that a failure has
	 * left nothing behind in the database.
	 * @return whether it does, if it finds the transaction's manager
	 */
	public boolean isTransactional() {
		return this.transactionName != null;
	}

	/**
	 * Calls the method through the bean's proxy.
	 * @param arguments as JSON
	 * @param context of the job
	 * @param calls that tell the proxy that this is no dispatch
	 * @param completion of the job, called in the transaction that Spring begins for the
	 * method, if it does, right before its commit
	 * @param wantsResult whether what the method returns is kept
	 * @return the call, which tells whether the job was completed in that transaction
	 * @throws ArgumentMismatchException if the arguments do not fit: then the method was
	 * not called
	 * @throws LostClaimException if another node has taken over the job
	 * @throws Throwable what the method throws
	 */
	public HandlerInvocation call(String arguments, DispatchContext context, HandlerInvocations calls,
			Completion completion, boolean wantsResult) throws Throwable {
		@Nullable Object[] values = this.arguments.read(arguments, context);
		Object bean = this.bean.get();
		Method invocable = AopUtils.selectInvocableMethod(this.method, bean.getClass());
		ReflectionUtils.makeAccessible(invocable);
		HandlerInvocation call = new HandlerInvocation(this, transactionName(bean), completion, wantsResult);
		calls.run(call, () -> {
			try {
				invocable.invoke(bean, values);
			}
			catch (InvocationTargetException ex) {
				throw ex.getTargetException();
			}
		});
		return call;
	}

	/**
	 * A bean that had not been created yet may have told of no more than an interface.
	 */
	private @Nullable String transactionName(Object bean) {
		Class<?> actualClass = AopUtils.getTargetClass(bean);
		return (actualClass == this.targetClass) ? this.transactionName
				: transactionName(AopUtils.getMostSpecificMethod(this.method, actualClass), actualClass);
	}

	/**
	 * Writes what the method has returned. Waits for a future.
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
