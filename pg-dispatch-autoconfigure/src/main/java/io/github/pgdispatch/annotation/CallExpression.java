package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.context.expression.BeanFactoryResolver;
import org.springframework.context.expression.MethodBasedEvaluationContext;
import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.expression.EvaluationContext;
import org.springframework.expression.Expression;
import org.springframework.expression.ParseException;
import org.springframework.expression.ParserContext;
import org.springframework.expression.common.CompositeStringExpression;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.util.Assert;

/**
 * A text with expressions that refer to the arguments of a call. Thread-safe.
 */
final class CallExpression {

	private final String name;

	private final String text;

	private final Method method;

	private final Expression expression;

	private final BeanFactoryResolver beans;

	private final DefaultParameterNameDiscoverer names = new DefaultParameterNameDiscoverer();

	CallExpression(String name, String text, Method method, BeanFactory beanFactory) {
		this.name = name;
		this.text = text;
		this.method = method;
		this.expression = parse(name, text);
		this.beans = new BeanFactoryResolver(beanFactory);
	}

	private static Expression parse(String name, String text) {
		try {
			return new SpelExpressionParser().parseExpression(text, ParserContext.TEMPLATE_EXPRESSION);
		}
		catch (ParseException ex) {
			throw new IllegalArgumentException("The " + name + " " + text + " is not an expression: " + ex.getMessage(),
					ex);
		}
	}

	static boolean isIn(String text) {
		return text.contains(ParserContext.TEMPLATE_EXPRESSION.getExpressionPrefix());
	}

	/**
	 * Evaluates the text for a call.
	 * @param invocation the call
	 * @return the value of the expression, or a string if the expression is only a part
	 * of the text
	 * @throws IllegalArgumentException if the value is {@code null}
	 */
	Object evaluate(Invocation invocation) {
		MethodBasedEvaluationContext context = new MethodBasedEvaluationContext(invocation.target(), this.method,
				invocation.arguments(), this.names);
		context.setBeanResolver(this.beans);
		return evaluate(this.expression, context);
	}

	/**
	 * Evaluates the parts of a composite expression one by one. The composite expression
	 * itself would leave out a part that is null, so that different calls had equal keys.
	 */
	private Object evaluate(Expression expression, EvaluationContext context) {
		if (expression instanceof CompositeStringExpression composite) {
			StringBuilder whole = new StringBuilder();
			for (Expression part : composite.getExpressions()) {
				whole.append(evaluate(part, context));
			}
			return whole.toString();
		}
		Object value = expression.getValue(context);
		Assert.notNull(value,
				() -> "The " + this.name + " " + this.text + " of " + this.method.toGenericString() + " is null");
		return value;
	}

}
