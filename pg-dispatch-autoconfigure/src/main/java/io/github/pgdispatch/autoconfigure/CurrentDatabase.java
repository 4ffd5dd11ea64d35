package io.github.pgdispatch.autoconfigure;

import java.util.List;

import javax.sql.DataSource;

import io.github.pgdispatch.JobResults;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.TransactionResource;
import org.aopalliance.intercept.MethodInterceptor;

import org.springframework.aop.framework.ProxyFactory;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.transaction.IllegalTransactionStateException;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.util.ReflectionUtils;

/**
 * Makes the beans that stand for those of several databases. Each call goes to the bean
 * of the database of the current transaction.
 */
final class CurrentDatabase {

	private final String bean;

	private final List<String> databases;

	private final BeanFactory beanFactory;

	private CurrentDatabase(String bean, String[] databases, BeanFactory beanFactory) {
		this.bean = bean;
		this.databases = List.of(databases);
		this.beanFactory = beanFactory;
	}

	static PgDispatchTemplate template(String bean, String[] databases, BeanFactory beanFactory) {
		return new CurrentDatabase(bean, databases, beanFactory).proxy(PgDispatchTemplate.class);
	}

	static PgDispatchOperations operations(String bean, String[] databases, BeanFactory beanFactory) {
		return new CurrentDatabase(bean, databases, beanFactory).proxy(PgDispatchOperations.class);
	}

	static JobResults results(String bean, String[] databases, BeanFactory beanFactory) {
		return new CurrentDatabase(bean, databases, beanFactory).proxy(JobResults.class);
	}

	private <T> T proxy(Class<T> type) {
		return ProxyFactory.getProxy(type,
				(MethodInterceptor) (invocation) -> ReflectionUtils.isToStringMethod(invocation.getMethod())
						? type.getSimpleName() + " of the current transaction, in one of " + this.databases
						: AopUtils.invokeJoinpointUsingReflection(
								this.beanFactory.getBean(DatabaseBeans.beanName(name(type), this.bean), type),
								invocation.getMethod(), invocation.getArguments()));
	}

	/**
	 * Returns the database of the current transaction.
	 * @throws IllegalTransactionStateException if there is none, or if there are several
	 */
	private String name(Class<?> type) {
		List<String> current = this.databases.stream().filter(this::isCurrent).toList();
		if (current.size() == 1) {
			return current.get(0);
		}
		String candidates = String.join(", ", current.isEmpty() ? this.databases : current);
		String remedy = ", or use the " + type.getSimpleName() + " of one of them, as in @Qualifier(\""
				+ this.databases.get(0) + "\")";
		throw new IllegalTransactionStateException(!current.isEmpty()
				? "The current transaction" + transaction() + " is of several databases of pg-dispatch: " + candidates
						+ ". Use a transaction of one of them" + remedy
				: TransactionSynchronizationManager.isActualTransactionActive()
						? "The current transaction" + transaction() + " is of no database of pg-dispatch, which are "
								+ candidates + ". Use a transaction of one of them" + remedy
						: "There is no transaction that tells which database of pg-dispatch is meant: " + candidates
								+ ". Begin a transaction of one of them" + remedy);
	}

	private boolean isCurrent(String database) {
		return TransactionResource.isOfCurrentTransaction(this.beanFactory.getBean(database, DataSource.class));
	}

	private static String transaction() {
		String name = TransactionSynchronizationManager.getCurrentTransactionName();
		return (name != null) ? " [" + name + "]" : "";
	}

}
